import { OptionError } from '../errors.ts';
import { checkLengths, checkWhole } from './check.ts';
import { studentT } from './student-t.ts';

/** What {@link pairedDifference} finds. */
export interface PairedDifference {
  /** Mean of the differences a - b. */
  readonly mean: number;
  /** Of the differences, with n - 1; null for one pair. */
  readonly standardDeviation: number | null;
  /** Ends of the 95 % interval for the mean difference (Student's t, n - 1 degrees of freedom); null for one pair. */
  readonly low: number | null;
  readonly high: number | null;
  /** Number of pairs. */
  readonly n: number;
}

/**
 * Compares two recipes over paired runs, such as one pair a seed: mean difference with its 95 % interval. The interval
 * holds for differences that are about normal; it excludes 0 where the recipes differ beyond what the seeds explain.
 *
 * @param a results of one recipe, such as accuracies.
 * @param b results of the other one, pair by pair.
 * @throws OptionError where lengths differ, no pair is given, or a value is not finite.
 * @example pairedDifference([0.71, 0.73, 0.72], [0.7, 0.7, 0.7]) // mean 0.02, standardDeviation 0.01, from -0.0048 to 0.0448
 */
export function pairedDifference(a: ArrayLike<number>, b: ArrayLike<number>): PairedDifference {
  checkLengths('pairedDifference', 'a', a.length, 'b', b.length);
  checkWhole('pairedDifference', 'the number of pairs', a.length, 1);
  const n = a.length;
  const differences = Float64Array.from(a, (value, i) => value - b[i]!);
  const bad = differences.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new OptionError(`pairedDifference: pair ${bad} is (${a[bad]}, ${b[bad]}). Leave out runs without a result`);
  }
  const mean = differences.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { mean, standardDeviation: null, low: null, high: null, n };
  const squares = differences.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  const standardDeviation = Math.sqrt(squares / (n - 1));
  const half = (studentT(n - 1) * standardDeviation) / Math.sqrt(n);
  return { mean, standardDeviation, low: mean - half, high: mean + half, n };
}
