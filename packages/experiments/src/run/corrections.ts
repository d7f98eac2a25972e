import {
  fitRecalibrations,
  recalibrated,
  transitionFromVerified,
  trueClassProbabilities,
  withProbabilities,
} from '@selfcure/audit';
import { score } from '@selfcure/core';
import type { Evaluation, Predictions, TrainedModel } from '@selfcure/core';
import type { Backend } from '@selfcure/tensor';
import type { RunSets } from './data.ts';

/** Ways to correct predictions by verified labels, after training. */
export type CorrectionName = 'transition' | 'offsets' | 'matrix';

/**
 * The test after each correction of its predictions that verified labels allow: probabilities of given labels turned into those of true classes by the
 * transition matrix, class offsets, and matrix scaling. The verified samples have to be probes.
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
  const fitted = await fitRecalibrations({ backend, model, data: train }, verified);
  const { matrix } = transitionFromVerified({ given: train.labels, verified, classes, stratified: true });
  const trueClasses = trueClassProbabilities(predictions.probabilities, matrix);
  const tested = (corrected: Predictions): Evaluation => score(corrected, test.labels, classes);
  return {
    transition: tested(withProbabilities(predictions, trueClasses, classes)),
    offsets: tested(recalibrated(predictions, fitted.offsets, classes)),
    matrix: tested(recalibrated(predictions, fitted.matrix, classes)),
  };
}
