import type { Backend, NamedArrays, Program, State } from '@selfcure/tensor';
import type { Dataset } from './data/dataset.ts';
import type { Normalization } from './data/normalization.ts';
import { readAhead } from './data/read-ahead.ts';
import { OptionError } from './errors.ts';
import { hasHead } from './head/head.ts';
import type { Method } from './method.ts';
import { expectedCalibrationError, negativeLogLikelihood } from './metric/calibration.ts';
import { accuracy, balancedAccuracy, confusionMatrix, macroF1, predictedLabels } from './metric/classification.ts';
import type { Model } from './model.ts';
import { imagesOf, readBatch } from './train/batch.ts';
import { checkBatchSize, checkClasses, checkDataset, defaultBatchSize } from './train/options.ts';
import { evaluationStep } from './train/step.ts';
import type { TrainedModel } from './train/trained-model.ts';
import { createYield } from './train/yield.ts';

/** What a model says of some images. */
export interface Predictions {
  /** Most likely class; the lowest index among equals. Length n. */
  readonly labels: Int32Array;
  /** Softmax of the classifier's logits. n x C. */
  readonly probabilities: Float32Array;
  /** Softmax of the method's weighted logits, where it has them. n x C. */
  readonly weightedProbabilities: Float32Array | null;
  /** Importance weights, where the method has them. Length n. */
  readonly importance: Float32Array | null;
}

/** How well a model predicts labels. Shares are in [0, 1]; a value is NaN where no label is known. */
export interface Evaluation {
  readonly size: number;
  readonly accuracy: number;
  /** Mean recall over the classes that occur. */
  readonly balancedAccuracy: number;
  readonly macroF1: number;
  /** C x C, rows true, columns predicted. */
  readonly confusion: Int32Array;
  /** Expected calibration error over 15 bins, of the raw probabilities. */
  readonly calibrationError: number;
  /** The same of the weighted probabilities, where the method has them. */
  readonly weightedCalibrationError: number | null;
  readonly negativeLogLikelihood: number;
  readonly predictions: Predictions;
}

/** Images alone. */
export type Images = Pick<Dataset, 'size' | 'shape' | 'read'>;

/** Runs an evaluation program over a data set in batches of one shape, padding the last. */
export async function predictWith(options: {
  readonly program: Program;
  readonly state: State;
  readonly model: Model;
  readonly method: Method;
  readonly batchSize: number;
  readonly data: Images;
  readonly normalization: Normalization;
}): Promise<Predictions> {
  const { program, state, model, method, batchSize, data, normalization } = options;
  const { size } = data;
  const { classes } = model;
  const probabilities = new Float32Array(size * classes);
  const weighted = method.logits ? new Float32Array(size * classes) : null;
  const importance = hasHead(method, 'importance') ? new Float32Array(size) : null;
  const rest = createYield();
  const imageSize = model.inputShape[0] * model.inputShape[1] * model.inputShape[2];
  const idsOf = (at: number): Int32Array =>
    Int32Array.from({ length: Math.min(batchSize, size - at * batchSize) }, (_, i) => at * batchSize + i);
  const next = readAhead((at) => readBatch(data, idsOf(at)), 0, Math.ceil(size / batchSize));
  for (let batch = await next(), start = 0; batch; batch = await next(), start += batchSize) {
    const count = batch.ids.length;
    const images = new Float32Array(batchSize * imageSize);
    images.set(imagesOf(batch, data.shape, normalization));
    const outputs = await program.run(state, { images });
    probabilities.set(outputs['probabilities']!.subarray(0, count * classes), start * classes);
    weighted?.set(outputs['weightedProbabilities']!.subarray(0, count * classes), start * classes);
    importance?.set(outputs['importance']!.subarray(0, count), start);
    await rest();
  }
  return {
    labels: predictedLabels(probabilities, classes),
    probabilities,
    weightedProbabilities: weighted,
    importance,
  };
}

/**
 * Scores predictions against labels; labels of -1 are left out.
 *
 * @example score(await predict({ backend, model: run.model, data }), data.labels, 7)
 */
export function score(predictions: Predictions, labels: ArrayLike<number>, classes: number): Evaluation {
  const { probabilities, weightedProbabilities } = predictions;
  return {
    size: labels.length,
    accuracy: accuracy(labels, predictions.labels, classes) ?? NaN,
    balancedAccuracy: balancedAccuracy(labels, predictions.labels, classes) ?? NaN,
    macroF1: macroF1(labels, predictions.labels, classes) ?? NaN,
    confusion: confusionMatrix(labels, predictions.labels, classes),
    calibrationError: expectedCalibrationError(probabilities, labels, classes) ?? NaN,
    weightedCalibrationError:
      weightedProbabilities && (expectedCalibrationError(weightedProbabilities, labels, classes) ?? NaN),
    negativeLogLikelihood: negativeLogLikelihood(probabilities, labels, classes) ?? NaN,
    predictions,
  };
}

/** What {@link predict} and {@link evaluate} take. */
export interface PredictOptions {
  readonly backend: Backend;
  readonly model: TrainedModel;
  readonly data: Dataset;
  /** Default 32. */
  readonly batchSize?: number;
}

/**
 * Predicts the classes of a data set's images.
 *
 * @throws OptionError where image size or weights do not fit the model.
 * @example const { labels, probabilities } = await predict({ backend: await wasm(), model: run.model, data });
 */
export async function predict({
  backend,
  model: trained,
  data,
  batchSize = defaultBatchSize,
}: PredictOptions): Promise<Predictions> {
  const { model, method, weights, normalization } = trained;
  checkBatchSize(batchSize);
  checkDataset(data, model);
  const graph = evaluationStep({ model, method, batchSize });
  const init = matchWeights(
    graph.state.map((spec) => spec.name),
    weights,
    model.name,
  );
  const program = await backend.compile(graph);
  try {
    const state = await backend.createState(graph.state, init);
    try {
      return await predictWith({ program, state, model, method, batchSize, data, normalization });
    } finally {
      state.dispose();
    }
  } finally {
    program.dispose();
  }
}

/**
 * Predicts a data set and scores the predictions against its labels.
 *
 * @throws OptionError as {@link predict} does.
 * @example const { accuracy, balancedAccuracy } = await evaluate({ backend, model: run.model, data: test });
 */
export async function evaluate(options: PredictOptions): Promise<Evaluation> {
  checkClasses(options.data, options.model.classes);
  return score(await predict(options), options.data.labels, options.model.model.classes);
}

/** The weights that a model wants, by name; all of them, and none beside. */
function matchWeights(names: readonly string[], weights: NamedArrays, model: string): NamedArrays {
  const missing = names.filter((name) => !Object.hasOwn(weights, name));
  const surplus = Object.keys(weights).filter((name) => !names.includes(name));
  if (missing.length || surplus.length) {
    throw new OptionError(
      `weights do not fit model '${model}': missing ${missing.join(', ') || 'none'}; not wanted ${surplus.join(', ') || 'none'}`,
    );
  }
  return weights;
}
