import { ShapeError } from '../errors.ts';
import type { Shape, Tensor } from '../graph.ts';
import { broadcastShapes, formatShape, sameShape, sizeOf } from '../shape.ts';
import { attributesOf } from './operation.ts';
import type { OperationTable } from './operation.ts';

/** Attributes of `reshape` and `broadcastTo`. */
export interface TargetShapeAttributes {
  readonly shape: Shape;
}

/** Attributes of `rows`: the half-open range of the first axis. */
export interface RowsAttributes {
  readonly from: number;
  readonly to: number;
}

/** Attributes of `padRows`: where the rows begin among `rows` rows. */
export interface PadRowsAttributes {
  readonly from: number;
  readonly rows: number;
}

/** Operations that move elements; the first axis is the one of rows. */
export const shapeOperations: OperationTable = {
  reshape: {
    kind: 'view',
    arity: 1,
    shape(inputs, attributes) {
      const { shape } = attributesOf<TargetShapeAttributes>({ attributes });
      const from = inputs[0]!.shape;
      if (sizeOf(from) !== sizeOf(shape)) {
        throw new ShapeError(
          `${formatShape(from)} has ${sizeOf(from)} elements, ${formatShape(shape)} needs ${sizeOf(shape)}`,
        );
      }
      return shape;
    },
    dtype: (inputs) => inputs[0]!.dtype,
    gradient: (ops, node, upstream) => [ops.reshape(upstream, node.inputs[0]!.shape)],
  },
  stopGradient: {
    kind: 'view',
    arity: 1,
    shape: (inputs) => inputs[0]!.shape,
    dtype: (inputs) => inputs[0]!.dtype,
    gradient: () => [null],
  },
  rows: {
    kind: 'view',
    arity: 1,
    shape(inputs, attributes) {
      const { from, to } = attributesOf<RowsAttributes>({ attributes });
      const shape = inputs[0]!.shape;
      if (!(from >= 0 && from < to && to <= (shape[0] ?? 0))) {
        throw new ShapeError(`rows ${from} to ${to} of ${formatShape(shape)} do not exist`);
      }
      return [to - from, ...shape.slice(1)];
    },
    dtype: (inputs) => inputs[0]!.dtype,
    gradient: (ops, node, upstream) => [
      ops.padRows(upstream, attributesOf<RowsAttributes>(node).from, node.inputs[0]!.shape[0]!),
    ],
  },
  padRows: {
    arity: 1,
    shape(inputs, attributes) {
      const { from, rows } = attributesOf<PadRowsAttributes>({ attributes });
      const shape = inputs[0]!.shape;
      if (from < 0 || from + (shape[0] ?? 0) > rows) {
        throw new ShapeError(`${formatShape(shape)} at row ${from} does not fit into ${rows} rows`);
      }
      return [rows, ...shape.slice(1)];
    },
    gradient(ops, node, upstream) {
      const { from } = attributesOf<PadRowsAttributes>(node);
      return [ops.rows(upstream, from, from + node.inputs[0]!.shape[0]!)];
    },
  },
  concatRows: {
    shape(inputs) {
      const [first, ...others] = inputs;
      if (!first) throw new ShapeError('needs at least one input');
      const inner = first.shape.slice(1);
      for (const other of others) {
        if (first.shape.length === 0 || !sameShape(other.shape.slice(1), inner)) {
          throw new ShapeError(`rows of ${inputs.map((node) => formatShape(node.shape)).join(', ')} differ in shape`);
        }
      }
      return [inputs.reduce((rows, node) => rows + node.shape[0]!, 0), ...inner];
    },
    gradient(ops, node, upstream) {
      let from = 0;
      return node.inputs.map((input) => {
        const start = from;
        from += input.shape[0]!;
        return ops.rows(upstream, start, from);
      });
    },
  },
  takeRows: {
    arity: 2,
    shape(inputs) {
      const [x, index] = inputs;
      if (index!.dtype !== 'i32') throw new ShapeError(`the index is ${index!.dtype}, takes i32`);
      return [...index!.shape, ...x!.shape.slice(1)];
    },
    gradient(ops, node, upstream) {
      const [x, index] = node.inputs as [Tensor, Tensor];
      const count = sizeOf(index.shape);
      const flat = ops.reshape(upstream, [count, ...x.shape.slice(1)]);
      return [ops.scatterRows(flat, ops.reshape(index, [count]), x.shape[0]!), null];
    },
  },
  scatterRows: {
    arity: 2,
    shape(inputs, attributes) {
      const [x, index] = inputs;
      if (index!.dtype !== 'i32') throw new ShapeError(`the index is ${index!.dtype}, takes i32`);
      if (index!.shape.length !== 1 || index!.shape[0] !== x!.shape[0]) {
        throw new ShapeError(
          `${formatShape(x!.shape)} needs an index of its ${x!.shape[0]} rows, got ${formatShape(index!.shape)}`,
        );
      }
      return [attributesOf<{ rows: number }>({ attributes }).rows, ...x!.shape.slice(1)];
    },
    gradient: (ops, node, upstream) => [ops.takeRows(upstream, node.inputs[1]!), null],
  },
  transpose: {
    arity: 1,
    shape(inputs, attributes) {
      const { permutation } = attributesOf<{ permutation: readonly number[] }>({ attributes });
      const shape = inputs[0]!.shape;
      if ([...permutation].sort((a, b) => a - b).some((axis, i) => axis !== i) || permutation.length !== shape.length) {
        throw new ShapeError(`[${permutation.join(', ')}] is no order of the axes of ${formatShape(shape)}`);
      }
      return permutation.map((axis) => shape[axis]!);
    },
    gradient(ops, node, upstream) {
      const { permutation } = attributesOf<{ permutation: readonly number[] }>(node);
      return [
        ops.transpose(
          upstream,
          permutation.map((_, axis) => permutation.indexOf(axis)),
        ),
      ];
    },
  },
  broadcastTo: {
    arity: 1,
    shape(inputs, attributes) {
      const { shape } = attributesOf<TargetShapeAttributes>({ attributes });
      const from = inputs[0]!.shape;
      const wide = broadcastShapes(from, shape);
      if (!wide || !sameShape(wide, shape))
        throw new ShapeError(`${formatShape(from)} does not broadcast to ${formatShape(shape)}`);
      return shape;
    },
    gradient: (ops, node, upstream) => [ops.sumTo(upstream, node.inputs[0]!.shape)],
  },
};
