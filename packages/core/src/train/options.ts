import type { Backend } from '@selfcure/tensor';
import type { Callback } from '../callback/callback.ts';
import type { Augmentation, Dataset } from '../data/dataset.ts';
import type { Normalization } from '../data/normalization.ts';
import { OptionError } from '../errors.ts';
import type { Method } from '../method.ts';
import type { Model } from '../model.ts';
import type { GradientClipping } from '../optimizer/clip-gradients.ts';
import type { Optimizer } from '../optimizer/optimizer.ts';
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
  /** Default 32. Training drops what does not fill a batch; every epoch shuffles anew. */
  readonly batchSize?: number;
  /** Default `adam()` with learning rate 1e-3. */
  readonly optimizer?: Optimizer;
  readonly clip?: GradientClipping;
  /** Decay of an exponential average of the weights; validation and the trained model then use it. Default: none. */
  readonly weightAverage?: number;
  /** Leaves parameters as they are, by name. */
  readonly frozen?: (name: string) => boolean;
  /** First weights in place of drawn ones, by name. */
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
  /** Pauses the run after the current step when it is aborted. */
  readonly signal?: { readonly aborted: boolean };
  /** Asked after every step; true pauses the run. */
  readonly until?: () => boolean;
}

/** Checks options that need no engine. */
export function checkOptions(options: TrainOptions): void {
  const { data, model, epochs, batchSize = 32, backend, recipe, seed = 0 } = options;
  if (backend.specificationVersion !== 'v1') {
    throw new OptionError(`backend '${backend.name}' follows specification ${String(backend.specificationVersion)}, this core takes v1. Install matching versions`);
  }
  if (!Number.isInteger(epochs) || epochs < 1) throw new OptionError(`epochs ${epochs} is not a whole number from 1`);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new OptionError(`seed ${seed} is not a whole number in [0, 2^53)`);
  if (!Number.isInteger(batchSize) || batchSize < 1) throw new OptionError(`batchSize ${batchSize} is not a whole number from 1`);
  if (data.size < batchSize) throw new OptionError(`data '${data.name}' has ${data.size} samples, fewer than a batch of ${batchSize}. Set batchSize to at most ${data.size}`);
  for (const set of [data, ...(options.validation ? [options.validation] : [])]) {
    if (set.classes.length !== model.classes) {
      throw new OptionError(`data '${set.name}' has ${set.classes.length} classes (${set.classes.join(', ')}), model '${model.name}' has ${model.classes}. Make the model with classes: ${set.classes.length}`);
    }
    if (set.shape.some((length, axis) => length !== model.inputShape[axis])) {
      throw new OptionError(`data '${set.name}' has images ${set.shape.join('x')}, model '${model.name}' takes ${model.inputShape.join('x')}. Make the model for that size, or resize the images`);
    }
  }
  const average = options.weightAverage;
  if (average !== undefined && !(average > 0 && average < 1)) throw new OptionError(`weightAverage ${average} is outside (0, 1). 0.999 is usual`);
  if (recipe.needs.nets !== undefined && recipe.needs.nets !== 1 && recipe.needs.nets !== 2) throw new OptionError(`method '${recipe.name}' asks for ${String(recipe.needs.nets)} networks, 1 or 2 are possible`);
}

/** What a {@link TrainState} belongs to, as text. */
export function fingerprintOf({ data, model, recipe, optimizer, batchSize, seed, epochs, weightAverage, augmentation, clip }: TrainOptions & { optimizer: Optimizer }): string {
  return JSON.stringify({
    data: data.fingerprint,
    model: [model.name, model.options],
    method: [recipe.name, recipe.options],
    optimizer: [optimizer.name, optimizer.options],
    batchSize: batchSize ?? 32,
    seed: seed ?? 0,
    epochs,
    weightAverage: weightAverage ?? null,
    augmentation: augmentation?.name ?? null,
    clip: clip ? { ...clip } : null,
  });
}
