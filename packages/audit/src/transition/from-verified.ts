import { OptionError } from '@selfcure/core';
import { verifiedSamples } from '../predictions.ts';
import type { VerifiedLabels } from '../predictions.ts';
import { classShares, priorRow, zeros } from './transition.ts';
import type { TransitionEstimate, TransitionPrior } from './transition.ts';

/** Options of {@link transitionFromVerified}. */
export interface VerifiedTransitionOptions extends TransitionPrior {
  /** Given labels of all samples. Length N. */
  readonly given: ArrayLike<number>;
  /** Verified labels, -1 elsewhere; a random choice of samples, or one that is random within given labels. Length N. */
  readonly verified: VerifiedLabels;
  readonly classes: number;
  /**
   * Whether samples were drawn at random within each given label (stratified): then each counts as many samples as its given label has for
   * each drawn one. Default false: drawn from all at random.
   */
  readonly stratified?: boolean;
}

/**
 * Transition matrix from verified labels: the posterior mean of each row under a Dirichlet prior of a few pseudo-counts, and its standard
 * deviation. Rare classes lean on the prior: look at `standardError`.
 *
 * @throws OptionError where labels are out of range or nothing is verified.
 * @example const { matrix } = transitionFromVerified({ given: data.labels, verified, classes: 7 });
 */
export function transitionFromVerified({
  given,
  verified,
  classes,
  stratified = false,
  ...prior
}: VerifiedTransitionOptions): TransitionEstimate {
  const known = verifiedSamples('transitionFromVerified', verified, given.length, classes);
  if (known.length === 0)
    throw new OptionError(
      "transitionFromVerified: no label is verified. Verify some ('selfcure review'), or use confidentTransition",
    );
  const shares = classShares(given, classes);
  const drawn = classShares(
    Int32Array.from(known, (i) => given[i]!),
    classes,
  );
  // How many verified samples one of them stands for; their sum stays their number.
  const weightOf = (label: number): number => (stratified ? shares[label]! / drawn[label]! : 1);

  const counts = zeros(classes);
  for (const i of known) counts[verified[i]!]![given[i]!]! += weightOf(given[i]!);
  const matrix = zeros(classes);
  const standardError = zeros(classes);
  counts.forEach((row, c) => {
    const counted = row.map((count, k) => count + priorRow('transitionFromVerified', prior, shares, c)[k]!);
    const total = counted.reduce((sum, value) => sum + value, 0);
    counted.forEach((count, k) => {
      const mean = count / total;
      matrix[c]![k] = mean;
      standardError[c]![k] = Math.sqrt((mean * (1 - mean)) / (total + 1));
    });
  });
  const trueCounts = counts.map((row) => row.reduce((sum, value) => sum + value, 0));
  const rarest = Math.min(...trueCounts.map((count) => Math.round(count)));
  return {
    matrix,
    standardError,
    trueShare: trueCounts.map((count) => count / known.length),
    basis: `${known.length} verified labels, ${rarest} of the rarest class; rows of few labels lean on a prior of ${prior.pseudoCounts ?? 2} samples`,
  };
}
