import { attributesOf, sizeOf, stridesOf } from '@selfcure/tensor';
import type { Kernel, PadRowsAttributes, RowsAttributes } from '@selfcure/tensor';
import { broadcastIndex } from './element-wise.ts';

const rowSize = (shape: readonly number[]): number => sizeOf(shape.slice(1));

/** Moves of elements. */
export const shapeKernels: Readonly<Record<string, Kernel<Float64Array>>> = {
  reshape: (_, [x]) => x!,
  rows(node, [x]) {
    const { from, to } = attributesOf<RowsAttributes>(node);
    return x!.subarray(from * rowSize(node.shape), to * rowSize(node.shape));
  },
  padRows(node, [x]) {
    const value = new Float64Array(sizeOf(node.shape));
    value.set(x!, attributesOf<PadRowsAttributes>(node).from * rowSize(node.shape));
    return value;
  },
  concatRows(node, inputs) {
    const value = new Float64Array(sizeOf(node.shape));
    let position = 0;
    for (const x of inputs) {
      value.set(x, position);
      position += x.length;
    }
    return value;
  },
  takeRows(node, [x, index]) {
    const size = rowSize(node.inputs[0]!.shape);
    const value = new Float64Array(sizeOf(node.shape));
    index!.forEach((row, i) => value.set(x!.subarray(row * size, (row + 1) * size), i * size));
    return value;
  },
  scatterRows(node, [x, index]) {
    const size = rowSize(node.shape);
    const value = new Float64Array(sizeOf(node.shape));
    index!.forEach((row, i) => {
      for (let k = 0; k < size; k++) value[row * size + k]! += x![i * size + k]!;
    });
    return value;
  },
  transpose(node, [x]) {
    const { permutation } = attributesOf<{ permutation: readonly number[] }>(node);
    const from = stridesOf(node.inputs[0]!.shape);
    const to = stridesOf(node.shape);
    return Float64Array.from({ length: x!.length }, (_, i) => {
      let position = 0;
      permutation.forEach((axis, k) => {
        position += (Math.floor(i / to[k]!) % node.shape[k]!) * from[axis]!;
      });
      return x![position]!;
    });
  },
  broadcastTo: (node, [x]) => Float64Array.from(broadcastIndex(node.shape, node.inputs[0]!.shape), (i) => x![i]!),
};
