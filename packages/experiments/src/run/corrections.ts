import {
  applyRecalibration,
  classOffsets,
  matrixScaling,
  transitionFromVerified,
  trueClassProbabilities,
} from '@selfcure/audit';
import { predict, predictedLabels, score } from '@selfcure/core';
import type { Evaluation, Predictions, TrainedModel } from '@selfcure/core';
import { subset } from '@selfcure/data';
import type { Backend } from '@selfcure/tensor';
import type { RunSets } from './data.ts';

/** Ways to correct predictions by verified labels, after training. */
export type CorrectionName = 'transition' | 'offsets' | 'matrix';

/** Steps of the deconvolution; see `trueClassProbabilities`. */
const steps = 5;

/**
 * The test after each correction of its predictions that verified labels allow: probabilities of given labels turned into those of true classes by the
 * transition matrix, class offsets, and matrix scaling. The verified samples have to be probes: a network that had learned their labels would be
 * corrected for what it knows by heart.
 */
export async function correctedTests({
  backend,
  model,
  sets: { train, test },
  predictions,
}: {
  readonly backend: Backend;
  readonly model: TrainedModel;
  readonly sets: RunSets;
  /** Of the test. */
  readonly predictions: Predictions;
}): Promise<Readonly<Record<CorrectionName, Evaluation>>> {
  const classes = train.classes.length;
  const verified = train.verified!;
  const ids = [...verified.keys()].filter((sample) => verified[sample]! >= 0);
  const known = {
    classes,
    probabilities: (await predict({ backend, model, data: subset(train, ids) })).probabilities,
    truth: ids.map((sample) => verified[sample]!),
  };
  const { matrix } = transitionFromVerified({ given: train.labels, verified, classes, stratified: true });
  const better = {
    transition: trueClassProbabilities(predictions.probabilities, matrix, steps),
    offsets: applyRecalibration(classOffsets(known), predictions.probabilities),
    matrix: applyRecalibration(matrixScaling(known), predictions.probabilities),
  };
  const tested = (values: Float64Array): Evaluation => {
    const probabilities = Float32Array.from(values);
    return score(
      { ...predictions, probabilities, weightedProbabilities: null, labels: predictedLabels(probabilities, classes) },
      test.labels,
      classes,
    );
  };
  return { transition: tested(better.transition), offsets: tested(better.offsets), matrix: tested(better.matrix) };
}
