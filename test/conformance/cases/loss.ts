import fc from 'fast-check';
import { between, given, lattice, normal } from '../values.ts';
import type { Values } from '../values.ts';
import { axis, operationCase, seed } from './case.ts';
import type { OperationCase } from './case.ts';

/** Rows with one 1. */
function oneHot(rows: number, classes: number, from: number): Values {
  return given(
    [rows, classes],
    Array.from({ length: rows * classes }, (_, i) =>
      (Math.floor(i / classes) * 7 + from) % classes === i % classes ? 1 : 0,
    ),
  );
}
const rows = fc.record({ rows: axis, classes: axis, scale: fc.constantFrom(1, 20, 300), seed });

/** What losses are made of. */
export const lossCases: readonly OperationCase[] = [
  operationCase('softmaxCrossEntropy', rows, ({ rows, classes, scale, seed }) => ({
    inputs: { logits: normal([rows, classes], seed, scale), targets: oneHot(rows, classes, seed) },
    build: (ops, { logits, targets }) => ops.softmaxCrossEntropy(logits!, targets!),
  })),
  operationCase('softmaxCrossEntropy: soft targets', rows, ({ rows, classes, seed }) => ({
    inputs: { logits: normal([rows, classes], seed, 2), targets: between([rows, classes], seed + 1, 0, 1) },
    build: (ops, { logits, targets }) => ops.softmaxCrossEntropy(logits!, targets!),
  })),
  operationCase(
    'rankMask',
    fc.record({ length: fc.oneof(axis, fc.constantFrom(32, 65)), share: fc.constantFrom(0, 0.3, 0.7, 1), seed }),
    ({ length, share, seed }) => ({
      inputs: { values: lattice([length], seed) },
      build: (ops, { values }) => ops.rankMask(values!, Math.floor(share * length)),
    }),
  ),
];
