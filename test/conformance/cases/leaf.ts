import fc from 'fast-check';
import { normal } from '../values.ts';
import { operationCase, seed } from './case.ts';
import type { OperationCase } from './case.ts';

/** Constants and counters. */
export const leafCases: readonly OperationCase[] = [
  operationCase('leaf', fc.record({ length: fc.integer({ min: 1, max: 40 }), seed }), ({ length, seed }) => ({
    inputs: { x: normal([length], seed) },
    build: (ops, { x }) => ops.stackRows([x!, ops.iota(length), ops.full(-2.5, [length])]),
  })),
];
