import fc from 'fast-check';
import { normal } from '../values.ts';
import { operationCase, seed, shapes } from './case.ts';
import type { OperationCase } from './case.ts';

/** Of one worker, whose mean is its own value. Several workers are tested where an engine has them. */
export const collectiveCases: readonly OperationCase[] = [
  operationCase('allReduceMean', fc.record({ shape: shapes(1, 4), seed }), ({ shape, seed }) => ({
    inputs: { x: normal(shape, seed) },
    build: (ops, { x }) => ops.mul(ops.allReduceMean(x!), 2),
  })),
];
