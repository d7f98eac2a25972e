import { OptionError } from '../errors.ts';
import { checkLengths, checkNumbers, checkWhole } from './check.ts';

function check(metric: string, scores: ArrayLike<number>, positives: ArrayLike<number>): void {
  checkLengths(metric, 'scores', scores.length, 'positives', positives.length);
  checkNumbers(metric, 'scores', scores);
  for (let i = 0; i < positives.length; i++) {
    if (positives[i] === 0 || positives[i] === 1) continue;
    throw new OptionError(
      `${metric}: positives[${i}] is ${positives[i]}. Pass 1 for a positive sample and 0 for another`,
    );
  }
}

/** Samples by score, largest first, among equals the lower index first. */
function descending(scores: ArrayLike<number>): Int32Array {
  return Int32Array.from(scores, (_, i) => i).sort((a, b) => {
    if (scores[a]! > scores[b]!) return -1;
    return scores[a]! < scores[b]! ? 1 : a - b;
  });
}

/** Numbers of positive and negative samples at every score that occurs, largest score first. */
function scoreGroups(
  scores: ArrayLike<number>,
  positives: ArrayLike<number>,
): { positive: number; negative: number }[] {
  const groups: { positive: number; negative: number }[] = [];
  let last: number | undefined;
  for (const i of descending(scores)) {
    if (scores[i] !== last) groups.push({ positive: 0, negative: 0 });
    last = scores[i];
    groups.at(-1)![positives[i] ? 'positive' : 'negative']++;
  }
  return groups;
}

/**
 * Area under the ROC curve: the probability that a positive sample scores above a negative one, a tie counting one half.
 *
 * @param scores larger for samples that should be positive; infinities are allowed.
 * @param positives 1 for a positive sample, else 0.
 * @returns a number in [0, 1]; null where either kind is missing.
 * @throws OptionError where a score is NaN, a mark is neither 0 nor 1, or lengths differ.
 * @example auroc([0.1, 0.4, 0.35, 0.8], new Uint8Array([0, 0, 1, 1])) // 0.75
 */
export function auroc(scores: ArrayLike<number>, positives: ArrayLike<number>): number | null {
  check('auroc', scores, positives);
  let above = 0;
  let negatives = 0;
  let won = 0;
  for (const { positive, negative } of scoreGroups(scores, positives)) {
    won += negative * (above + positive / 2);
    above += positive;
    negatives += negative;
  }
  return above && negatives ? won / (above * negatives) : null;
}

/**
 * Average precision: the sum over the scores that occur, largest first, of (gain in recall) x (precision of all samples
 * with at least this score). Equal scores form one step, so that the order of the samples does not matter.
 *
 * Parameters and errors are those of {@link auroc}.
 *
 * @returns a number in (0, 1]; null without positive samples.
 * @example averagePrecision([0.1, 0.4, 0.35, 0.8], new Uint8Array([0, 0, 1, 1])) // 0.8333…
 */
export function averagePrecision(scores: ArrayLike<number>, positives: ArrayLike<number>): number | null {
  check('averagePrecision', scores, positives);
  let seen = 0;
  let found = 0;
  let area = 0;
  for (const { positive, negative } of scoreGroups(scores, positives)) {
    seen += positive + negative;
    found += positive;
    area += positive * (found / seen);
  }
  return found ? area / found : null;
}

/**
 * Share of positive samples among the `k` with the largest scores; among equal scores the lower index comes first.
 *
 * Further parameters are those of {@link auroc}.
 *
 * @param k a whole number from 1 to the number of samples.
 * @returns a number in [0, 1].
 * @throws OptionError as {@link auroc} does, and where `k` is out of range.
 * @example precisionAt([0.1, 0.4, 0.35, 0.8], new Uint8Array([0, 0, 1, 1]), 2) // 0.5
 */
export function precisionAt(scores: ArrayLike<number>, positives: ArrayLike<number>, k: number): number {
  check('precisionAt', scores, positives);
  checkWhole('precisionAt', 'k', k, 1, scores.length);
  let found = 0;
  for (const i of descending(scores).subarray(0, k)) found += positives[i]!;
  return found / k;
}
