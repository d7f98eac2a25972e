import { applyRecalibration, classOffsets, matrixScaling } from '@selfcure/audit';
import type { Recalibration } from '@selfcure/audit';
import { predict, predictedLabels } from '@selfcure/core';
import type { Dataset, Predictions, TrainedModel } from '@selfcure/core';
import { subset } from '@selfcure/data';
import type { Backend } from '@selfcure/tensor';
import { countTrusted } from '../data/trusted-file.ts';

/** Ways to correct predictions, as `--recalibrate` names them. */
export const recalibrationNames = ['offsets', 'matrix'] as const;

/** Corrections of a model's predictions, fitted on verified labels; kept in the model file. Plain data. */
export interface Recalibrations {
  readonly offsets: Recalibration;
  readonly matrix: Recalibration;
  /** Verified labels that they are fitted on. */
  readonly labels: number;
}

/**
 * Fits corrections of predictions on verified labels of samples that the network has not learned from.
 *
 * @param verified labels, -1 where none is verified.
 */
export async function fitRecalibrations(
  { backend, model, data, batchSize }: { backend: Backend; model: TrainedModel; data: Dataset; batchSize: number },
  verified: Int32Array,
): Promise<Recalibrations> {
  const ids = Int32Array.from([...verified.keys()].filter((sample) => verified[sample]! >= 0));
  const { probabilities } = await predict({ backend, model, data: subset(data, ids), batchSize });
  const known = {
    classes: data.classes.length,
    probabilities,
    truth: ids.map((sample) => verified[sample]!),
  };
  return { offsets: classOffsets(known), matrix: matrixScaling(known), labels: countTrusted(verified) };
}

/** Predictions after a correction. Weighted probabilities, which it is not made for, are left out. */
export function recalibrated(predictions: Predictions, recalibration: Recalibration, classes: number): Predictions {
  const probabilities = Float32Array.from(applyRecalibration(recalibration, predictions.probabilities));
  return {
    ...predictions,
    labels: predictedLabels(probabilities, classes),
    probabilities,
    weightedProbabilities: null,
  };
}
