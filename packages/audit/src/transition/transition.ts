import { OptionError } from '@selfcure/core';
import type { TransitionMatrix } from '@selfcure/core';

/** A transition matrix from true to given labels, and how well it is known. */
export interface TransitionEstimate {
  /** Row c, column k: probability that a sample of true class c carries label k. */
  readonly matrix: TransitionMatrix;
  /** Standard error of every entry: how much it would scatter with other samples. What `basis` rests on may be off by more. */
  readonly standardError: TransitionMatrix;
  /** Share of the true classes. Length C. */
  readonly trueShare: readonly number[];
  /** What it rests on, in a sentence: how far to believe it. */
  readonly basis: string;
}

/** Rows divided by their sums; a row of zeros becomes a one on the diagonal. */
export function normalizeRows(counts: readonly (readonly number[])[]): number[][] {
  return counts.map((row, c) => {
    const sum = row.reduce((total, value) => total + value, 0);
    return row.map((value, k) => (sum > 0 ? value / sum : c === k ? 1 : 0));
  });
}

/** A square matrix of zeros. */
export const zeros = (size: number): number[][] => Array.from({ length: size }, () => new Array<number>(size).fill(0));

/** Shares of the classes among labels. */
export function classShares(labels: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < labels.length; i++) counts[labels[i]!]!++;
  return counts.map((count) => count / Math.max(1, labels.length));
}

/** What rows of a matrix are pulled to: most on the diagonal, the rest as the given labels lie. */
export interface TransitionPrior {
  /** Samples that each row is given beside the counted ones. Default 2. */
  readonly pseudoCounts?: number;
  /** Share of the pseudo-counts on the diagonal; the rest lies as the given labels do. Default 0.6. */
  readonly diagonal?: number;
}

/**
 * Pseudo-counts of row c.
 *
 * @throws OptionError where a number is out of range.
 */
export function priorRow(
  who: string,
  { pseudoCounts = 2, diagonal = 0.6 }: TransitionPrior,
  shares: readonly number[],
  c: number,
): number[] {
  if (!(pseudoCounts > 0)) throw new OptionError(`${who}: pseudoCounts ${pseudoCounts} is not positive`);
  if (!(diagonal >= 0 && diagonal <= 1)) throw new OptionError(`${who}: diagonal ${diagonal} is outside [0, 1]`);
  return shares.map((share, k) => pseudoCounts * ((c === k ? diagonal : 0) + (1 - diagonal) * share));
}
