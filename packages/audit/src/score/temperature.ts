import { OptionError, randomStream } from '@selfcure/core';
import type { TransitionMatrix } from '@selfcure/core';
import { checkJudged } from '../predictions.ts';
import type { JudgedSamples } from '../predictions.ts';

/** Bounds of the temperature: beyond them probabilities are as good as flat, or as sure. */
const bounds = [1 / 8, 4] as const;
/** Samples that are enough to fit one number on. */
const enough = 5000;
/** Least probability that is raised to a power. */
const floor = 1e-9;

/**
 * Temperature that makes probabilities explain the given labels best: the one of greatest likelihood of the labels, each of which a sample of true
 * class c carries with T[c, label]. Probabilities that are averaged over epochs are too flat (below 1), those of an overfitted network too sure
 * (above 1). Wrong labels weigh little: the matrix explains them.
 *
 * @returns a number in [1/8, 4].
 * @throws OptionError where arrays do not fit.
 * @example const sharper = temper(probabilities, 7, fitTemperature({ classes: 7, given, probabilities, transition }));
 */
export function fitTemperature({
  transition,
  ...samples
}: JudgedSamples & { readonly transition: TransitionMatrix }): number {
  checkJudged('fitTemperature', samples);
  const { classes, given, probabilities } = samples;
  const order = randomStream({ seed: 0, purpose: 'audit/temperature' }).permutation(given.length);
  const some = order.subarray(0, enough);
  const loss = (logarithm: number): number => {
    const power = Math.exp(-logarithm);
    let sum = 0;
    for (const i of some) {
      let all = 0;
      let explained = 0;
      for (let c = 0; c < classes; c++) {
        const p = Math.max(probabilities[i * classes + c]!, floor) ** power;
        all += p;
        explained += p * transition[c]![given[i]!]!;
      }
      sum -= Math.log(Math.max(explained / all, floor));
    }
    return sum;
  };
  return Math.exp(goldenSection(loss, Math.log(bounds[0]), Math.log(bounds[1])));
}

/**
 * Probabilities at a temperature: p^(1/temperature), rows divided by their sums (Guo et al. 2017, section 4.2).
 *
 * @throws OptionError where the temperature is not positive.
 * @example temper(probabilities, 7, 0.5) // twice as sure
 */
export function temper(probabilities: ArrayLike<number>, classes: number, temperature: number): Float64Array {
  if (!(temperature > 0)) throw new OptionError(`temper: temperature ${temperature} is not positive`);
  const result = Float64Array.from(probabilities, (p) => Math.max(p, floor) ** (1 / temperature));
  for (let start = 0; start < result.length; start += classes) {
    const row = result.subarray(start, start + classes);
    const sum = row.reduce((total, p) => total + p, 0);
    row.forEach((p, c) => (row[c] = p / sum));
  }
  return result;
}

/** Where a function of one minimum has it. */
function goldenSection(f: (x: number) => number, low: number, high: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [low, high];
  let [left, right] = [b - ratio * (b - a), a + ratio * (b - a)];
  let [atLeft, atRight] = [f(left), f(right)];
  while (b - a > 0.005) {
    if (atLeft < atRight) {
      [b, right, atRight] = [right, left, atLeft];
      left = b - ratio * (b - a);
      atLeft = f(left);
    } else {
      [a, left, atLeft] = [left, right, atRight];
      right = a + ratio * (b - a);
      atRight = f(right);
    }
  }
  return (a + b) / 2;
}
