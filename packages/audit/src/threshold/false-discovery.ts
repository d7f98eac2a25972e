import { OptionError } from '@selfcure/core';

/** Where to cut a list of suspicious labels. */
export interface FalseDiscoveryCut {
  /** Least suspicion in the list; Infinity where no list keeps the promise. */
  readonly threshold: number;
  /** Labels in the list. */
  readonly count: number;
  /** Expected share of right labels in it, at most the rate that was asked for. */
  readonly expectedRate: number;
}

/**
 * The longest list of most suspicious labels whose expected false-discovery rate, the mean of 1 - P(wrong) over the list, is at most `rate` (Müller et al. 2004, the Bayesian
 * rate). It keeps what it promises as far as the probabilities are calibrated: see {@link calibrateSuspicion}.
 *
 * @param suspicion calibrated probability of being wrong, in [0, 1]. Length N.
 * @param rate in (0, 1).
 * @throws OptionError where the rate or a probability is out of range.
 * @example const { threshold, count } = falseDiscoveryThreshold(sure, 0.2);
 */
export function falseDiscoveryThreshold(suspicion: ArrayLike<number>, rate: number): FalseDiscoveryCut {
  if (!(rate > 0 && rate < 1))
    throw new OptionError(`falseDiscoveryThreshold: rate ${rate} is outside (0, 1). 0.2 is usual`);
  const sorted = Float64Array.from(suspicion).sort().reverse();
  if (sorted.length > 0 && !(sorted[0]! <= 1 && sorted.at(-1)! >= 0))
    throw new OptionError('falseDiscoveryThreshold: suspicion must be a probability of being wrong, in [0, 1]');
  let cut: FalseDiscoveryCut = { threshold: Infinity, count: 0, expectedRate: 0 };
  let right = 0;
  sorted.forEach((p, i) => {
    right += 1 - p;
    // A list ends between different scores.
    if (sorted[i + 1] !== p && right / (i + 1) <= rate)
      cut = { threshold: p, count: i + 1, expectedRate: right / (i + 1) };
  });
  return cut;
}
