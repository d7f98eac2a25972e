import { attributesOf } from '@selfcure/tensor';
import type { PoolAttributes } from '@selfcure/tensor';
import type { KernelSet } from '@selfcure/tfjs';
import { heapView } from './heap-view.ts';

/**
 * The gradient of max pooling, on the host over views of the heap: tfjs's kernel starts every window's maximum at 0 and so
 * loses the gradient where all elements are negative; it also takes several times as long.
 */
export const poolKernels: KernelSet = (engine) => ({
  maxPoolGrad: (node, [input, output, dy]) => {
    const { size, stride, padding } = attributesOf<PoolAttributes>(node);
    const [images, height, width, channels] = input!.shape as [number, number, number, number];
    const [, rows, columns] = output!.shape as [number, number, number, number];
    const dx = engine.allocate(node.shape, 'f32');
    const [x, y, upstream, gradient] = [input!, output!, dy!, dx].map((value) => heapView(engine, value)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    gradient.fill(0);
    let place = 0;
    for (let image = 0; image < images; image++) {
      for (let row = 0; row < rows; row++) {
        const top = row * stride[0] - padding[0];
        const firstRow = Math.max(top, 0);
        const endRow = Math.min(top + size[0], height);
        for (let column = 0; column < columns; column++) {
          const left = column * stride[1] - padding[2];
          const firstColumn = Math.max(left, 0);
          const across = Math.min(left + size[1], width) - firstColumn;
          const start = ((image * height + firstRow) * width + firstColumn) * channels;
          const end = start + (endRow - firstRow) * width * channels;
          for (let channel = 0; channel < channels; channel++, place++) {
            const largest = y[place]!;
            search: for (let line = start + channel; line < end; line += width * channels) {
              for (let at = line; at < line + across * channels; at += channels) {
                if (x[at] === largest) {
                  gradient[at]! += upstream[place]!;
                  break search;
                }
              }
            }
          }
        }
      }
    }
    return dx;
  },
});
