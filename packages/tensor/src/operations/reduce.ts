import { ShapeError } from '../errors.ts';
import type { Attributes, Node, Shape } from '../graph.ts';
import { formatShape, sizeOf } from '../shape.ts';
import { attributesOf } from './operation.ts';
import type { OperationTable } from './operation.ts';

/** Attributes of reductions: the axes form one block of adjacent axes, which `keepDims` leaves as size 1. */
export interface ReduceAttributes {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/**
 * The shape with the reduced axes left as size 1.
 *
 * @example keptShape([32, 6, 6, 8], [1, 2]); // [32, 1, 1, 8]
 */
export function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
}

function reducedShape(inputs: readonly Node[], attributes: Attributes): Shape {
  const { axes, keepDims } = attributesOf<ReduceAttributes>({ attributes });
  const shape = inputs[0]!.shape;
  axes.forEach((axis, i) => {
    if (!(axis >= 0 && axis < shape.length) || (i > 0 && axis !== axes[i - 1]! + 1)) {
      throw new ShapeError(
        `axes [${axes.join(', ')}] of ${formatShape(shape)} are not one block of adjacent axes. ` +
          'Use ops.sum, ops.mean or ops.max',
      );
    }
  });
  return keepDims ? keptShape(shape, axes) : shape.filter((_, axis) => !axes.includes(axis));
}

const elementsRead = (node: Node): number => sizeOf(node.inputs[0]!.shape);

/** Reductions over one block of adjacent axes. */
export const reduceOperations: OperationTable = {
  sum: {
    arity: 1,
    shape: reducedShape,
    flops: elementsRead,
    gradient(ops, node, upstream) {
      const { axes } = attributesOf<ReduceAttributes>(node);
      const { shape } = node.inputs[0]!;
      return [ops.broadcastTo(ops.reshape(upstream, keptShape(shape, axes)), shape)];
    },
  },
  max: {
    arity: 1,
    shape: reducedShape,
    flops: elementsRead,
    gradient(ops, node, upstream) {
      const { axes } = attributesOf<ReduceAttributes>(node);
      const x = node.inputs[0]!;
      const kept = keptShape(x.shape, axes);
      const hit = ops.equal(x, ops.reshape(node, kept));
      return [ops.mul(ops.div(hit, ops.sum(hit, axes, true)), ops.reshape(upstream, kept))];
    },
  },
};
