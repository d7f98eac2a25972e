import fc from 'fast-check';
import { given, lattice, normal } from '../values.ts';
import { operationCase, seed, shapes } from './case.ts';
import type { OperationCase } from './case.ts';

const reductions = shapes(1, 4).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    axes: fc.subarray(shape.map((_, axis) => axis)),
    keepDims: fc.boolean(),
    seed,
  }),
);

/** Reductions, over separate axes too. */
export const reduceCases: readonly OperationCase[] = [
  operationCase('sum', reductions, ({ shape, axes, keepDims, seed }) => ({
    inputs: { x: normal(shape, seed) },
    build: (ops, { x }) => ops.sum(x!, axes, keepDims),
  })),
  operationCase('sum: mean', reductions, ({ shape, axes, keepDims, seed }) => ({
    inputs: { x: normal(shape, seed) },
    build: (ops, { x }) => ops.mean(x!, axes, keepDims),
  })),
  operationCase(
    'sum: many elements',
    fc.constantFrom(
      [[1 << 18], [0]],
      [
        [2, 1 << 17],
        [0, 1],
      ],
      [[1 << 17, 2], [0]],
    ),
    ([shape, axes]) => ({
      // Equal elements: the roundings of one running sum all go the same way.
      inputs: { x: given(shape!, new Array<number>(1 << 18).fill(0.1)) },
      build: (ops, { x }) => ops.sum(x!, axes),
    }),
  ),
  operationCase('max', reductions, ({ shape, axes, keepDims, seed }) => ({
    inputs: { x: lattice(shape, seed) },
    build: (ops, { x }) => ops.max(x!, axes, keepDims),
  })),
  operationCase('max: of negative elements', reductions, ({ shape, axes, keepDims, seed }) => ({
    inputs: { x: lattice(shape, seed, -3, -1) },
    build: (ops, { x }) => ops.max(x!, axes, keepDims),
  })),
];
