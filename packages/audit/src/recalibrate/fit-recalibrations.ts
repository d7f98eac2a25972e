import { predict, predictedLabels } from '@selfcure/core';
import type { Dataset, Predictions, TrainedModel } from '@selfcure/core';
import { subset } from '@selfcure/data';
import type { Backend } from '@selfcure/tensor';
import { applyRecalibration, classOffsets, matrixScaling } from './recalibrate.ts';
import type { Recalibration } from './recalibrate.ts';

/** Corrections of a model's predictions, fitted on verified labels. Plain data. */
export interface Recalibrations {
  readonly offsets: Recalibration;
  readonly matrix: Recalibration;
  /** Verified labels that they are fitted on. */
  readonly labels: number;
}

/**
 * Fits corrections of predictions on verified labels of samples that the network has not learned from: it would be corrected for what it knows by heart.
 *
 * @param verified labels, -1 where none is verified. Length N of the data set.
 * @throws what `classOffsets` and `predict` throw.
 * @example const { matrix } = await fitRecalibrations({ backend, model: run.model, data }, verified);
 */
export async function fitRecalibrations(
  {
    backend,
    model,
    data,
    batchSize,
  }: {
    readonly backend: Backend;
    readonly model: TrainedModel;
    readonly data: Dataset;
    readonly batchSize?: number;
  },
  verified: Int32Array,
): Promise<Recalibrations> {
  const ids = Int32Array.from([...verified.keys()].filter((sample) => verified[sample]! >= 0));
  const known = subset(data, ids);
  const { probabilities } = await predict({
    backend,
    model,
    data: known,
    ...(batchSize !== undefined && { batchSize }),
  });
  const samples = {
    classes: data.classes.length,
    probabilities,
    truth: ids.map((sample) => verified[sample]!),
  };
  return { offsets: classOffsets(samples), matrix: matrixScaling(samples), labels: ids.length };
}

/**
 * Predictions after a correction.
 *
 * @param classes C.
 * @example
 * const { matrix } = await fitRecalibrations({ backend, model: run.model, data }, verified);
 * const better = recalibrated(await predict({ backend, model: run.model, data }), matrix, 7);
 */
export function recalibrated(predictions: Predictions, recalibration: Recalibration, classes: number): Predictions {
  return withProbabilities(predictions, applyRecalibration(recalibration, predictions.probabilities), classes);
}

/**
 * Predictions with other class probabilities, and the labels that these say. Weighted probabilities, which no correction is made for, are left out.
 *
 * @param probabilities N x C.
 * @example
 * const predictions = await predict({ backend, model: run.model, data });
 * withProbabilities(predictions, trueClassProbabilities(predictions.probabilities, transition), 7);
 */
export function withProbabilities(
  predictions: Predictions,
  probabilities: ArrayLike<number>,
  classes: number,
): Predictions {
  const values = Float32Array.from(probabilities);
  return {
    ...predictions,
    labels: predictedLabels(values, classes),
    probabilities: values,
    weightedProbabilities: null,
  };
}
