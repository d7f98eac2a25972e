import { attributesOf, sizeOf } from '@selfcure/tensor';
import type { Kernel, PoolAttributes, Shape } from '@selfcure/tensor';

/** Position of the first largest element of every window, in the order of the pooled values. */
function winners(x: Float64Array, { size, stride, padding }: PoolAttributes, shape: Shape, pooled: Shape): Int32Array {
  const [n, height, width, channels] = shape as [number, number, number, number];
  const [, outHeight, outWidth] = pooled as [number, number, number, number];
  const index = new Int32Array(sizeOf(pooled));
  let at = 0;
  for (let image = 0; image < n; image++) {
    for (let oh = 0; oh < outHeight; oh++) {
      for (let ow = 0; ow < outWidth; ow++) {
        for (let c = 0; c < channels; c++) {
          let best = -1;
          for (let kh = 0; kh < size[0]; kh++) {
            const h = oh * stride[0] + kh - padding[0];
            if (h < 0 || h >= height) continue;
            for (let kw = 0; kw < size[1]; kw++) {
              const w = ow * stride[1] + kw - padding[2];
              if (w < 0 || w >= width) continue;
              const position = ((image * height + h) * width + w) * channels + c;
              if (best < 0 || x[position]! > x[best]!) best = position;
            }
          }
          index[at++] = best;
        }
      }
    }
  }
  return index;
}

/** Windows over images. */
export const poolKernels: Readonly<Record<string, Kernel<Float64Array>>> = {
  maxPool: (node, [x]) =>
    Float64Array.from(
      winners(x!, attributesOf<PoolAttributes>(node), node.inputs[0]!.shape, node.shape),
      (i) => x![i]!,
    ),
  maxPoolGrad(node, [x, , upstream]) {
    const value = new Float64Array(x!.length);
    winners(x!, attributesOf<PoolAttributes>(node), node.shape, node.inputs[1]!.shape).forEach((winner, i) => {
      value[winner]! += upstream![i]!;
    });
    return value;
  },
};
