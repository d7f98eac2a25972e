/**
 * How far an engine may be from the oracle: the largest difference over the root mean square of what is expected.
 * One table, for float32; an engine in float64 gets each number times {@link doubleFactor}.
 */
import { expect } from 'vitest';
import type { NamedArrays, NumericArray } from '@selfcure/tensor';

/** One row of the table. */
export interface Tolerance {
  readonly relative: number;
  /** Least root mean square that differences are held against: the size of what enters the operation. Default 0.1. */
  readonly floor?: number;
  readonly reason: string;
}

/** 2^-29: the spacing of float64 over that of float32. */
export const doubleFactor = 2 ** -29;

const exact: Tolerance = { relative: 0, reason: 'moves or compares numbers, computes none' };
const rounding: Tolerance = {
  relative: 2e-6,
  floor: 1,
  reason:
    'a few roundings of 6e-8 each; the gradient of a broadcast operand is a sum of terms of size 1 that may cancel',
};
const approximated: Tolerance = {
  relative: 5e-6,
  reason: 'GPU shading languages allow e^x an error of 3 + 2 |x| units in the last place, division 2.5',
};
const summed: Tolerance = {
  relative: 5e-6,
  floor: 1,
  reason: "up to some hundred products are added in an order of the engine's choice",
};

/** By operation; cases with a row of their own are named `operation: case`. */
export const tolerances: Readonly<Record<string, Tolerance>> = {
  // Leaves and moves. Their gradients are sums where elements were repeated: see `summed`.
  leaf: exact,
  identity: exact,
  allReduceMean: exact,
  neg: exact,
  reshape: exact,
  stopGradient: exact,
  rows: exact,
  padRows: exact,
  concatRows: exact,
  transpose: exact,
  broadcastTo: summed,
  takeRows: summed,
  scatterRows: summed,
  // Element by element.
  abs: rounding,
  relu: rounding,
  square: rounding,
  add: rounding,
  sub: rounding,
  mul: rounding,
  maximum: rounding,
  minimum: rounding,
  reluGrad: rounding,
  select: rounding,
  greater: exact,
  greaterEqual: exact,
  less: exact,
  equal: exact,
  div: { ...approximated, floor: 1 },
  exp: approximated,
  log: approximated,
  sqrt: approximated,
  rsqrt: approximated,
  sigmoid: approximated,
  tanh: approximated,
  // Sums of products.
  sum: summed,
  'sum: many elements': {
    relative: 1e-4,
    reason:
      '2^18 elements of 0.1: one running sum in float32 is off by 2.5e-3 and fails; 512 partial sums are off by 1e-5 at most',
  },
  max: rounding,
  matmul: summed,
  conv2d: summed,
  maxPool: rounding,
  // Normalization.
  bnStats: { relative: 1e-5, reason: 'a variance, and its gradient, which divides by its root', floor: 0.5 },
  bnApply: {
    relative: 1e-5,
    reason: 'divides by a root; the gradient for the input cancels three terms of its size',
    floor: 0.5,
  },
  'bnApply: far from zero': {
    relative: 3e-4,
    floor: 0.5,
    reason:
      'mean 100 over deviation 1: elements are rounded to 4e-6 of a deviation before anything is computed. E[x^2] - E[x]^2 is off by 1e-3 and fails',
  },
  softmax: approximated,
  logSoftmax: { ...approximated, floor: 1 },
  softmaxCrossEntropy: { ...approximated, floor: 1 },
  rankMask: exact,
  // Effects.
  assign: rounding,
  ema: rounding,
  sgd: rounding,
  adam: { relative: 5e-6, floor: 0.01, reason: 'a quotient of moments, divided by a root; five steps' },
  step: {
    relative: 2e-4,
    floor: 0.01,
    reason: 'a whole network; Adam divides gradients by their own size, so that small ones count as much as large ones',
  },
};

/** Root mean square of some numbers. */
export function rootMeanSquare(values: NumericArray): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / Math.max(1, values.length));
}

/** Largest difference over the root mean square of what is expected; Infinity where lengths differ or a number is missing. */
export function distance(got: NumericArray | undefined, want: NumericArray, floor = 0.1): number {
  if (got?.length !== want.length) return Infinity;
  let worst = 0;
  want.forEach((value, i) => {
    const difference = Math.abs(got[i]! - value);
    worst = Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
  });
  const scale = Math.max(floor, rootMeanSquare(want));
  return worst === 0 ? 0 : worst / scale;
}

/** Fails where an array is missing, superfluous or too far from the expected one. */
export function expectClose(
  got: NamedArrays,
  want: NamedArrays,
  { relative, floor }: Pick<Tolerance, 'relative' | 'floor'>,
): void {
  expect(Object.keys(got).sort()).toEqual(Object.keys(want).sort());
  for (const [name, array] of Object.entries(want)) {
    const found = distance(got[name], array, floor);
    if (found > relative) {
      expect.fail(
        `'${name}' is ${found.toExponential(2)} from the oracle, allowed are ${relative.toExponential(2)}: ${excerpt(got[name])} is not ${excerpt(array)}`,
      );
    }
  }
}

/** The first few numbers. */
function excerpt(values: NumericArray | undefined): string {
  return values
    ? `[${[...values.slice(0, 6)].map((value) => Number(value.toPrecision(8))).join(', ')}${values.length > 6 ? ', …' : ''}]`
    : 'nothing';
}
