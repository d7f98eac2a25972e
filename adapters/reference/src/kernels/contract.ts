import { attributesOf, sizeOf } from '@selfcure/tensor';
import type { ConvolutionAttributes, Kernel, MatmulAttributes, Shape } from '@selfcure/tensor';

/** Calls `meet(x, filter, y)` with the positions of every input, filter and output element that meet in a convolution. */
function convolve(
  { stride, padding, groups }: ConvolutionAttributes,
  x: Shape,
  filter: Shape,
  y: Shape,
  meet: (x: number, filter: number, y: number) => void,
): void {
  const [n, height, width, channels] = x as [number, number, number, number];
  const [kernelHeight, kernelWidth, groupIn, out] = filter as [number, number, number, number];
  const [, outHeight, outWidth] = y as [number, number, number, number];
  const groupOut = out / groups;
  for (let image = 0; image < n; image++) {
    for (let oh = 0; oh < outHeight; oh++) {
      for (let ow = 0; ow < outWidth; ow++) {
        for (let kh = 0; kh < kernelHeight; kh++) {
          const h = oh * stride[0] + kh - padding[0];
          if (h < 0 || h >= height) continue;
          for (let kw = 0; kw < kernelWidth; kw++) {
            const w = ow * stride[1] + kw - padding[2];
            if (w < 0 || w >= width) continue;
            const xAt = ((image * height + h) * width + w) * channels;
            const yAt = ((image * outHeight + oh) * outWidth + ow) * out;
            const filterAt = (kh * kernelWidth + kw) * groupIn * out;
            for (let c = 0; c < groupIn; c++) {
              for (let k = 0; k < out; k++) {
                const group = Math.floor(k / groupOut);
                meet(xAt + group * groupIn + c, filterAt + c * out + k, yAt + k);
              }
            }
          }
        }
      }
    }
  }
}

/** Sums of products. */
export const contractKernels: Readonly<Record<string, Kernel<Float64Array>>> = {
  matmul(node, [a, b]) {
    const { transposeA, transposeB } = attributesOf<MatmulAttributes>(node);
    const [m, n] = node.shape as [number, number];
    const inner = node.inputs[0]!.shape[transposeA ? 0 : 1]!;
    const value = new Float64Array(m * n);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) {
          sum += a![transposeA ? k * m + i : i * inner + k]! * b![transposeB ? j * inner + k : k * n + j]!;
        }
        value[i * n + j] = sum;
      }
    }
    return value;
  },
  conv2d(node, [x, filter]) {
    const [xNode, filterNode] = node.inputs;
    const value = new Float64Array(sizeOf(node.shape));
    convolve(attributesOf<ConvolutionAttributes>(node), xNode!.shape, filterNode!.shape, node.shape, (i, k, j) => {
      value[j]! += x![i]! * filter![k]!;
    });
    return value;
  },
  conv2dGradInput(node, [upstream, filter]) {
    const [upstreamNode, filterNode] = node.inputs;
    const value = new Float64Array(sizeOf(node.shape));
    convolve(
      attributesOf<ConvolutionAttributes>(node),
      node.shape,
      filterNode!.shape,
      upstreamNode!.shape,
      (i, k, j) => {
        value[i]! += upstream![j]! * filter![k]!;
      },
    );
    return value;
  },
  conv2dGradFilter(node, [x, upstream]) {
    const [xNode, upstreamNode] = node.inputs;
    const value = new Float64Array(sizeOf(node.shape));
    convolve(attributesOf<ConvolutionAttributes>(node), xNode!.shape, node.shape, upstreamNode!.shape, (i, k, j) => {
      value[k]! += x![i]! * upstream![j]!;
    });
    return value;
  },
};
