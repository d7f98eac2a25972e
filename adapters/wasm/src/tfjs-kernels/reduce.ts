import type { TensorInfo } from '@tensorflow/tfjs-core';
import { attributesOf, sizeOf } from '@selfcure/tensor';
import type { ReduceAttributes } from '@selfcure/tensor';
import type { KernelSet, TfjsEngine } from '@selfcure/tfjs';
import { reshaped } from './heap-view.ts';

/** Elements that one accumulator takes up: the rounding error stays that of so few additions, whatever the length. */
const block = 64;

/** Largest divisor of `length` up to `most`. */
function largestDivisor(length: number, most: number): number {
  for (let divisor = Math.min(length, most); divisor > 1; divisor--) if (length % divisor === 0) return divisor;
  return 1;
}

/**
 * Sums over one block of axes by average pooling, block upon block: tfjs's own `Sum` adds up a whole axis in one float32
 * (1e-2 off over 1e6 elements) and transposes where the axis is not the last, which takes twenty times as long.
 */
export const reduceKernels: KernelSet = (engine) => ({
  sum: (node, [x]) => {
    const { axes } = attributesOf<ReduceAttributes>(node);
    const first = axes[0] ?? 0;
    const outer = sizeOf(x!.shape.slice(0, first));
    const length = sizeOf(axes.map((axis) => x!.shape[axis]!));
    const inner = sizeOf(x!.shape.slice(first + axes.length));
    return engine.scoped(() => {
      let sum: TensorInfo;
      if (inner > 1) sum = sumMiddle(engine, x!, outer, length, inner);
      else {
        // Columns first: pooling works on many at once.
        const columns = length > block ? largestDivisor(length, block) : length;
        const rest = columns < length ? sumMiddle(engine, x!, outer, length / columns, columns) : x!;
        sum = engine.call('Sum', { x: reshaped(rest, [outer, columns]) }, { axis: [1], keepDims: false });
      }
      return engine.call('Reshape', { x: sum }, { shape: [...node.shape] });
    });
  },
});

/** [outer, length, inner] -> [outer, inner]. */
function sumMiddle(engine: TfjsEngine, x: TensorInfo, outer: number, length: number, inner: number): TensorInfo {
  if (length === 1) return engine.call('Identity', { x });
  const divisor = largestDivisor(length, block);
  // An awkward length: whole windows, then what is left.
  const window = length <= block || divisor >= 8 ? divisor : block / 2;
  const windows = Math.floor(length / window);
  const image = reshaped(x, [outer, length, 1, inner]);
  const pooled = engine.call('AvgPool', { x: image }, { filterSize: [window, 1], strides: [window, 1], pad: 'valid' });
  const means = sumMiddle(engine, pooled, outer, windows, inner);
  const scale = engine.upload(Float32Array.of(window), [], 'f32');
  const sum = engine.call('Multiply', { a: reshaped(means, [outer, inner]), b: scale });
  const left = length - windows * window;
  if (left === 0) return sum;
  const tail = engine.call(
    'Slice',
    { x: reshaped(x, [outer, length, inner]) },
    { begin: [0, length - left, 0], size: [outer, left, inner] },
  );
  return engine.call('Add', { a: sum, b: reshaped(sumMiddle(engine, tail, outer, left, inner), [outer, inner]) });
}
