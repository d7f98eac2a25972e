import fc from 'fast-check';
import type { Shape } from '@selfcure/tensor';
import { between, normal } from '../values.ts';
import { axis, operationCase, seed, shapes } from './case.ts';
import type { Example, OperationCase } from './case.ts';

const epsilon = 1e-3;
/** At least eight elements a channel, so that the gradient for the input is not all cancellation. */
const batches = fc.record({
  shape: fc.tuple(fc.integer({ min: 8, max: 12 }), shapes(0, 2), axis).map(([n, inner, c]): Shape => [n, ...inner, c]),
  seed,
});

function batchNorm({ shape, seed }: { shape: Shape; seed: number }, scale: number, offset: number): Example {
  const c = shape.at(-1)!;
  return {
    inputs: {
      x: normal(shape, seed, scale, offset),
      scale: normal([c], seed + 1, 0.5, 1),
      offset: normal([c], seed + 2),
    },
    build: (ops, { x, scale, offset }) => ops.bnApply(x!, ops.bnStats(x!, epsilon), scale!, offset!, true),
  };
}

const lastAxis = fc.record({ shape: shapes(2, 3), scale: fc.constantFrom(1, 5, 60), seed });

/** Normalization. */
export const normalizeCases: readonly OperationCase[] = [
  operationCase('bnStats', batches, ({ shape, seed }) => ({
    inputs: { x: normal(shape, seed, 2, 0.5) },
    build: (ops, { x }) => ops.bnStats(x!, epsilon),
  })),
  operationCase('bnApply', batches, (parameters) => batchNorm(parameters, 2, 0.5)),
  operationCase('bnApply: far from zero', batches, (parameters) => batchNorm(parameters, 1, 100)),
  operationCase('bnApply: given statistics', batches, ({ shape, seed }) => {
    const c = shape.at(-1)!;
    return {
      inputs: {
        x: normal(shape, seed),
        mean: normal([c], seed + 1),
        variance: between([c], seed + 2, 0.3, 2),
        scale: normal([c], seed + 3),
        offset: normal([c], seed + 4),
      },
      build: (ops, { x, mean, variance, scale, offset }) => {
        const deviation = ops.rsqrt(ops.add(variance!, epsilon));
        return ops.bnApply(x!, ops.stopGradient(ops.stackRows([mean!, variance!, deviation])), scale!, offset!, false);
      },
    };
  }),
  operationCase('bnApply: with residual and relu', batches, ({ shape, seed }) => {
    const { inputs, build } = batchNorm({ shape, seed }, 1, 0);
    return {
      inputs: { ...inputs, residual: normal(shape, seed + 9) },
      build: (ops, all) => ops.relu(ops.add(build(ops, all), all['residual']!)),
    };
  }),
  ...(['softmax', 'logSoftmax'] as const).map((op) =>
    operationCase(op, lastAxis, ({ shape, scale, seed }) => ({
      inputs: { x: normal(shape, seed, scale) },
      build: (ops, { x }) => ops[op](x!),
    })),
  ),
];
