import type { SampleRows } from '../relabel/relabel.ts';
import { auroc, averagePrecision } from './ranking.ts';

/**
 * Scores of suspicion by name, larger being more suspicious: `givenProbability` (1 - P of the given label in the last pass),
 * `meanGivenProbability` (its average over all passes), `loss`, and `importance` (-alpha) where the method has it. Length N each.
 */
export function suspicionScores(rows: SampleRows): Record<string, Float32Array> {
  const { given, classes, probabilities, meanGivenProbability, loss, importance } = rows;
  return {
    meanGivenProbability: meanGivenProbability.map((p) => 1 - p),
    givenProbability: Float32Array.from(given, (label, i) => 1 - probabilities[i * classes + label]!),
    loss: loss.slice(),
    ...(importance && { importance: importance.map((alpha) => -alpha) }),
  };
}

/** How well one score finds wrong labels; null where all labels are right or all are wrong. */
export interface NoiseDetection {
  readonly auroc: number | null;
  readonly averagePrecision: number | null;
}

/**
 * Area under the ROC curve and average precision of every suspicion score against the samples whose given label is wrong;
 * samples of unknown truth (-1) and those that have not passed yet are left out.
 *
 * @param rows of all samples, in order of sample id, as `run.rows` has them.
 *
 * @example noiseDetection(run.rows, truth)['meanGivenProbability']?.auroc // 0.94 under symmetric noise
 */
export function noiseDetection(rows: SampleRows, truth: ArrayLike<number>): Record<string, NoiseDetection> {
  const known = Array.from(rows.samples).filter((sample) => truth[sample]! >= 0 && rows.passes[sample]! > 0);
  const wrong = Uint8Array.from(known, (sample) => (rows.given[sample] === truth[sample] ? 0 : 1));
  return Object.fromEntries(
    Object.entries(suspicionScores(rows)).map(([name, scores]) => {
      const some = Float32Array.from(known, (sample) => scores[sample]!);
      return [name, { auroc: auroc(some, wrong), averagePrecision: averagePrecision(some, wrong) }];
    }),
  );
}
