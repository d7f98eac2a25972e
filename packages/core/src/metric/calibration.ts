import { portableLog } from '../random/portable-math.ts';
import { checkDistributions, checkWhole } from './check.ts';
import { predictedLabels } from './classification.ts';

/** The samples whose confidence lies in one interval. */
export interface ReliabilityBin {
  /** The interval (from, to] of the confidence; the first one holds 0 as well. */
  readonly from: number;
  readonly to: number;
  /** Number of samples in it. */
  readonly count: number;
  /** Mean confidence of these samples; null without any. */
  readonly confidence: number | null;
  /** Share of these samples that are predicted right; null without any. */
  readonly accuracy: number | null;
}

/** Index of the interval (k / bins, (k + 1) / bins] that holds the confidence. */
function binOf(confidence: number, bins: number): number {
  let bin = Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1));
  while (bin > 0 && confidence <= bin / bins) bin--;
  while (bin < bins - 1 && confidence > (bin + 1) / bins) bin++;
  return bin;
}

/**
 * Confidence against accuracy in intervals of equal width (Guo et al. 2017, section 2): the data of a reliability
 * diagram. The confidence of a sample is its largest probability, its prediction the lowest label that has it.
 *
 * @param probabilities n x classes, row-major; rows sum to 1.
 * @param truth true labels in [0, classes); samples with -1 are left out. Length n.
 * @param bins number of intervals. Default 15, as in the paper.
 * @throws OptionError where a probability is NaN or out of [0, 1], a row does not sum to 1, or lengths or labels do not fit.
 * @example reliability([0.9, 0.1, 0.6, 0.4], [0, 1], 2, 2)[1] // { from: 0.5, to: 1, count: 2, confidence: 0.75, accuracy: 0.5 }
 */
export function reliability(
  probabilities: ArrayLike<number>,
  truth: ArrayLike<number>,
  classes: number,
  bins = 15,
): ReliabilityBin[] {
  checkWhole('reliability', 'bins', bins, 1);
  checkDistributions('reliability', probabilities, truth, classes);
  const count = new Int32Array(bins);
  const confidence = new Float64Array(bins);
  const right = new Int32Array(bins);
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] === -1) continue;
    const row = Array.from({ length: classes }, (_, c) => probabilities[i * classes + c]!);
    const label = predictedLabels(row, classes)[0]!;
    const bin = binOf(row[label]!, bins);
    count[bin]!++;
    confidence[bin]! += row[label]!;
    if (label === truth[i]) right[bin]!++;
  }
  return Array.from(count, (samples, bin) => ({
    from: bin / bins,
    to: (bin + 1) / bins,
    count: samples,
    confidence: samples ? confidence[bin]! / samples : null,
    accuracy: samples ? right[bin]! / samples : null,
  }));
}

/**
 * Expected calibration error: the mean over samples of |accuracy - confidence| of their {@link reliability} bin, in
 * [0, 1]; null where no sample has a true label.
 *
 * Parameters and errors are those of {@link reliability}.
 *
 * @example expectedCalibrationError([0.9, 0.1, 0.6, 0.4], [0, 1], 2, 2) // 0.25
 */
export function expectedCalibrationError(
  probabilities: ArrayLike<number>,
  truth: ArrayLike<number>,
  classes: number,
  bins = 15,
): number | null {
  let samples = 0;
  let error = 0;
  for (const { count, confidence, accuracy } of reliability(probabilities, truth, classes, bins)) {
    if (confidence === null || accuracy === null) continue;
    samples += count;
    error += count * Math.abs(accuracy - confidence);
  }
  return samples ? error / samples : null;
}

/** Mean over the samples with a true label; null without any. */
function meanOver(truth: ArrayLike<number>, value: (sample: number, label: number) => number): number | null {
  let samples = 0;
  let sum = 0;
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] === -1) continue;
    samples++;
    sum += value(i, truth[i]!);
  }
  return samples ? sum / samples : null;
}

/**
 * Mean of -log P(true label), in nats; null where no sample has a true label. Probabilities below 2^-23 (the spacing of
 * float32 numbers at 1) count as 2^-23, so that no sample costs more than 15.94 nats.
 *
 * Parameters and errors are those of {@link reliability}.
 *
 * @example negativeLogLikelihood([0.5, 0.5], [0], 2) // 0.693…
 */
export function negativeLogLikelihood(
  probabilities: ArrayLike<number>,
  truth: ArrayLike<number>,
  classes: number,
): number | null {
  checkDistributions('negativeLogLikelihood', probabilities, truth, classes);
  const floor = 1 / 8388608;
  return meanOver(truth, (i, label) => -portableLog(Math.max(floor, Math.min(1, probabilities[i * classes + label]!))));
}

/**
 * Brier's score of several classes: the mean over samples of the squared distance between probabilities and one-hot
 * truth, summed over classes, in [0, 2]; null where no sample has a true label.
 *
 * Parameters and errors are those of {@link reliability}.
 *
 * @example brierScore([0.9, 0.1], [0], 2) // 0.02
 */
export function brierScore(probabilities: ArrayLike<number>, truth: ArrayLike<number>, classes: number): number | null {
  checkDistributions('brierScore', probabilities, truth, classes);
  return meanOver(truth, (i, label) => {
    let distance = 0;
    for (let c = 0; c < classes; c++) {
      const difference = probabilities[i * classes + c]! - (c === label ? 1 : 0);
      distance += difference * difference;
    }
    return distance;
  });
}
