import type { Backend } from '@selfcure/tensor';
import type { Callback } from '../callback/callback.ts';
import type { Augmentation, Dataset } from '../data/dataset.ts';
import type { Normalization } from '../data/normalization.ts';
import { OptionError } from '../errors.ts';
import type { Method } from '../method.ts';
import type { Model } from '../model.ts';
import type { GradientClipping } from '../optimizer/clip-gradients.ts';
import type { Optimizer } from '../optimizer/optimizer.ts';
import { workersOf } from './shards.ts';
import type { TrainState } from './state.ts';

/** Options of {@link train}. */
export interface TrainOptions {
  /** The engine, such as `await wasm()`. */
  readonly backend: Backend;
  readonly model: Model;
  /** How to train: `scn()`, `cure()`, `ce()`, or a method of your own. */
  readonly recipe: Method;
  readonly data: Dataset;
  readonly epochs: number;
  /** Decides first weights, order and augmentation. Default 0. */
  readonly seed?: number;
  /** Over all shards and workers. Default 32. Training drops what does not fill a batch; every epoch shuffles anew. */
  readonly batchSize?: number;
  /**
   * Parts that samples and batches are divided into. Batch statistics, regularizers and label decisions are those of a shard; the
   * update takes the mean over all. A run on n workers equals one of `shards: n` on a single worker. Default: the number of workers.
   */
  readonly shards?: number;
  /** Default `adam()` with learning rate 1e-3. */
  readonly optimizer?: Optimizer;
  readonly clip?: GradientClipping;
  /**
   * Decay of an exponential average of the weights; validation and the trained model then use it. It begins short and grows,
   * min(decay, (1 + t) / (10 + t)) at step t, so that the drawn weights are soon forgotten. Default: none.
   */
  readonly weightAverage?: number;
  /** Leaves parameters as they are, by name. */
  readonly frozen?: (name: string) => boolean;
  /** First weights in place of drawn ones, by name; unknown names are refused. */
  readonly initialWeights?: Readonly<Record<string, Float32Array>>;
  readonly augmentation?: Augmentation;
  /** Default: mean and standard deviation of the training pixels. */
  readonly normalization?: Normalization;
  /** Evaluated after every epoch, against its own labels. */
  readonly validation?: Dataset;
  /** Keeps the weights of the epoch with the best value of the log, such as `'validation/accuracy'`, in `run.best`. */
  readonly keepBest?: string;
  readonly callbacks?: readonly Callback[];
  /** Goes on from here. */
  readonly resume?: TrainState;
  /** Pauses the run before the next step when it is aborted. */
  readonly signal?: { readonly aborted: boolean };
  /** Asked after every step; true pauses the run, so a slice always gets one step further. */
  readonly until?: () => boolean;
}

/** Checks options that need no engine. */
export function checkOptions(options: TrainOptions): void {
  const { data, model, epochs, batchSize = defaultBatchSize, backend, seed = 0, validation } = options;
  if (backend.specificationVersion !== 'v1') {
    throw new OptionError(
      `backend '${backend.name}' is of specification ${String(backend.specificationVersion)}, not v1. Install matching versions`,
    );
  }
  if (!Number.isInteger(epochs) || epochs < 1) throw new OptionError(`epochs ${epochs} is not a whole number from 1`);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new OptionError(`seed ${seed} is not a whole number in [0, 2^53)`);
  checkBatchSize(batchSize);
  checkShards(options, batchSize);
  if (data.size < batchSize)
    throw new OptionError(
      `data '${data.name}' has ${data.size} samples, fewer than a batch of ${batchSize}. Set batchSize to at most ${data.size}`,
    );
  for (const set of validation ? [data, validation] : [data]) {
    checkDataset(set, model);
    checkClasses(set, data.classes);
  }
  if (options.keepBest?.startsWith('validation/') && !validation)
    throw new OptionError(`keepBest: '${options.keepBest}' needs the option validation`);
  const average = options.weightAverage;
  if (average !== undefined && !(average > 0 && average < 1))
    throw new OptionError(`weightAverage ${average} is outside (0, 1). 0.999 is usual`);
}

/** Refuses shards that do not divide the batch, or that workers cannot share. */
function checkShards({ backend, shards }: TrainOptions, batchSize: number): void {
  const { count } = workersOf(backend);
  const parts = shards ?? count;
  if (!Number.isInteger(parts) || parts < 1) throw new OptionError(`shards ${parts} is not a whole number from 1`);
  if (parts % count !== 0)
    throw new OptionError(`shards ${parts} cannot be shared by ${count} workers. Set shards to a multiple of ${count}`);
  if (batchSize % parts !== 0)
    throw new OptionError(
      `batchSize ${batchSize} is not a multiple of the ${parts} shards. Set batchSize to ${Math.ceil(batchSize / parts) * parts}`,
    );
}

/** Samples of a batch where an option names none. */
export const defaultBatchSize = 32;

/** Refuses a batch that is no whole number from 1. */
export function checkBatchSize(batchSize: number): void {
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new OptionError(`batchSize ${batchSize} is not a whole number from 1`);
}

/** Refuses a data set whose classes have another order than those of the training data. */
export function checkClasses({ name, classes }: Dataset, trained: readonly string[]): void {
  if (classes.every((one, label) => one === trained[label])) return;
  throw new OptionError(
    `data '${name}' has classes ${classes.join(', ')}, the training data ${trained.join(', ')}. Map them to one order`,
  );
}

/** Refuses a data set that is not whole, or does not fit a model. */
export function checkDataset(set: Dataset, model: Model): void {
  for (const name of ['labels', 'truth', 'verified'] as const) {
    const values = set[name];
    if (values && values.length !== set.size)
      throw new OptionError(
        `data '${set.name}' has ${set.size} samples and ${values.length} ${name}. Give one a sample`,
      );
  }
  if (set.classes.length !== model.classes) {
    throw new OptionError(
      `data '${set.name}' has ${set.classes.length} classes (${set.classes.join(', ')}), model '${model.name}' has ${model.classes}. Make the model with classes: ${set.classes.length}`,
    );
  }
  if (set.shape.some((length, axis) => length !== model.inputShape[axis])) {
    throw new OptionError(
      `data '${set.name}' has images ${set.shape.join('x')}, model '${model.name}' takes ${model.inputShape.join('x')}. Make the model for that size, or resize the images`,
    );
  }
}

/** What a {@link TrainState} belongs to, as text; `trained` names the parameters that the optimizer updates. */
export function fingerprintOf(options: TrainOptions, optimizer: Optimizer, trained: readonly string[]): string {
  const {
    data,
    model,
    recipe,
    batchSize = defaultBatchSize,
    shards = workersOf(options.backend).count,
    seed = 0,
    epochs,
    weightAverage = null,
    augmentation,
    clip,
    normalization,
    keepBest = null,
  } = options;
  const { relabel } = recipe;
  return JSON.stringify({
    data: data.fingerprint,
    model: [model.name, model.options],
    method: [recipe.name, recipe.options, relabel ? { name: relabel.name, ...relabel.options } : null],
    optimizer: [optimizer.name, optimizer.options],
    trained,
    batchSize,
    shards,
    seed,
    epochs,
    weightAverage,
    augmentation: augmentation ? [augmentation.name, augmentation.options ?? null] : null,
    clip: clip ? { ...clip } : null,
    normalization: normalization ? { ...normalization } : null,
    keepBest,
  });
}
