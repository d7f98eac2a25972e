import type { JudgedSamples } from '../predictions.ts';
import { checkJudged } from '../predictions.ts';

/** Probability that the given label is wrong, from a posterior over true classes ({@link classPosterior}). Length N. */
export function wrongProbability(
  posterior: ArrayLike<number>,
  given: ArrayLike<number>,
  classes: number,
): Float64Array {
  return Float64Array.from(given, (label, i) => 1 - posterior[i * classes + label]!);
}

/**
 * How far the best other class is ahead of the given one: its probability minus that of the given label, in [-1, 1]; positive where another
 * class is predicted. Length N.
 *
 * @throws OptionError where arrays do not fit.
 * @example const order = rankSamples(leadOfOther({ classes: 7, given, probabilities }));
 */
export function leadOfOther(samples: JudgedSamples): Float64Array {
  checkJudged('leadOfOther', samples);
  const { classes, given, probabilities } = samples;
  return Float64Array.from(given, (label, i) => {
    let other = 0;
    for (let c = 0; c < classes; c++) if (c !== label) other = Math.max(other, probabilities[i * classes + c]!);
    return other - probabilities[i * classes + label]!;
  });
}

/** Samples by score, largest first, among equals the lower index first. */
export function rankSamples(scores: ArrayLike<number>): Int32Array {
  return Int32Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
}
