import type { TransitionMatrix } from '@selfcure/core';

/** A transition matrix from true to given labels, and how well it is known. */
export interface TransitionEstimate {
  /** Row c, column k: probability that a sample of true class c carries label k. */
  readonly matrix: TransitionMatrix;
  /** Standard error of every entry; null where the estimate cannot say. */
  readonly standardError: TransitionMatrix | null;
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
