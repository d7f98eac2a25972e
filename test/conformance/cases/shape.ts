import fc from 'fast-check';
import { indices, normal } from '../values.ts';
import { axis, operationCase, seed, shapes } from './case.ts';
import type { OperationCase } from './case.ts';

const permuted = fc.integer({ min: 1, max: 4 }).chain((rank) =>
  fc.record({
    shape: shapes(rank, rank),
    permutation: fc.shuffledSubarray(
      Array.from({ length: rank }, (_, i) => i),
      { minLength: rank },
    ),
    seed,
  }),
);
const part = fc.record({ before: fc.nat(3), length: axis, after: fc.nat(3), inner: shapes(0, 2), seed });
const taken = fc.record({ rows: axis, count: axis, inner: shapes(0, 2), seed });

/** Moves of elements. */
export const shapeCases: readonly OperationCase[] = [
  operationCase('reshape', fc.record({ shape: shapes(1, 4), seed }), ({ shape, seed }) => ({
    inputs: { x: normal(shape, seed) },
    build: (ops, { x }) => ops.neg(ops.reshape(x!, [...shape].reverse())),
  })),
  operationCase('stopGradient', fc.record({ shape: shapes(1, 3), seed }), ({ shape, seed }) => ({
    inputs: { x: normal(shape, seed), y: normal(shape, seed + 1) },
    build: (ops, { x, y }) => ops.concatRows([ops.stopGradient(x!), y!]),
  })),
  operationCase('transpose', permuted, ({ shape, permutation, seed }) => ({
    inputs: { x: normal(shape, seed) },
    build: (ops, { x }) => ops.transpose(x!, permutation),
  })),
  operationCase(
    'broadcastTo',
    fc.record({ shape: shapes(0, 3), lead: shapes(0, 1), ones: fc.nat(7), seed }),
    ({ shape, lead, ones, seed }) => ({
      inputs: {
        x: normal(
          shape.map((length, i) => ((ones >> i) & 1 ? 1 : length)),
          seed,
        ),
      },
      build: (ops, { x }) => ops.broadcastTo(x!, [...lead, ...shape]),
    }),
  ),
  operationCase('rows', part, ({ before, length, after, inner, seed }) => ({
    inputs: { x: normal([before + length + after, ...inner], seed) },
    build: (ops, { x }) => ops.neg(ops.rows(x!, before, before + length)),
  })),
  operationCase('padRows', part, ({ before, length, after, inner, seed }) => ({
    inputs: { x: normal([length, ...inner], seed) },
    build: (ops, { x }) => ops.padRows(x!, before, before + length + after),
  })),
  operationCase(
    'concatRows',
    fc.record({ lengths: shapes(1, 4), inner: shapes(0, 2), seed }),
    ({ lengths, inner, seed }) => ({
      inputs: Object.fromEntries(lengths.map((length, i) => [`x${i}`, normal([length, ...inner], seed + i)])),
      build: (ops, inputs) => ops.concatRows(Object.values(inputs)),
    }),
  ),
  operationCase('takeRows', taken, ({ rows, count, inner, seed }) => ({
    inputs: { x: normal([rows, ...inner], seed), index: indices([count], seed, rows) },
    build: (ops, { x, index }) => ops.takeRows(x!, index!),
  })),
  operationCase('takeRows: a matrix of indices', taken, ({ rows, count, inner, seed }) => ({
    inputs: { x: normal([rows, ...inner], seed), index: indices([2, count], seed, rows) },
    build: (ops, { x, index }) => ops.takeRows(x!, index!),
  })),
  operationCase('scatterRows', taken, ({ rows, count, inner, seed }) => ({
    inputs: { x: normal([count, ...inner], seed), index: indices([count], seed, rows) },
    build: (ops, { x, index }) => ops.scatterRows(x!, index!, rows + 1),
  })),
];
