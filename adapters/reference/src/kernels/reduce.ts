import { attributesOf, keptShape, sizeOf } from '@selfcure/tensor';
import type { Kernel, ReduceAttributes } from '@selfcure/tensor';
import { broadcastIndex } from './element-wise.ts';

function reduce(start: number, combine: (sum: number, x: number) => number): Kernel<Float64Array> {
  return (node, [x]) => {
    const { axes } = attributesOf<ReduceAttributes>(node);
    const { shape } = node.inputs[0]!;
    const target = broadcastIndex(shape, keptShape(shape, axes));
    const value = new Float64Array(sizeOf(node.shape)).fill(start);
    x!.forEach((element, i) => {
      value[target[i]!] = combine(value[target[i]!]!, element);
    });
    return value;
  };
}

/** Reductions. */
export const reduceKernels: Readonly<Record<string, Kernel<Float64Array>>> = {
  sum: reduce(0, (sum, x) => sum + x),
  max: reduce(-Infinity, (largest, x) => Math.max(largest, x)),
};
