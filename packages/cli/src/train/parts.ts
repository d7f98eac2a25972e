import { adam, constant, cosineDecay, exponentialDecay, sgd, stepDecay } from '@selfcure/core';
import type { Augmentation, Dataset, Method, Model, Optimizer, Schedule, TransitionMatrix } from '@selfcure/core';
import { faceAugmentation } from '@selfcure/data';
import { modelByName } from '@selfcure/models';
import { buildMethod } from '../recipe/build-method.ts';
import { loadStrategy } from '../recipe/load-strategy.ts';
import type { TrainSettings } from './settings.ts';

/** The parts of a run that its settings stand for. */
export interface RunParts {
  readonly model: Model;
  readonly method: Method;
  readonly optimizer: Optimizer;
  readonly augmentation: Augmentation | null;
}

/**
 * Makes the parts of a run.
 *
 * @param transition matrix that forward correction takes; null where none is known.
 */
export async function buildParts(
  settings: Omit<TrainSettings, 'workers'>,
  data: Dataset,
  transition: TransitionMatrix | null,
): Promise<RunParts> {
  const { model, width, augment, strategy } = settings;
  const [size, , channels] = data.shape;
  return {
    model: modelByName(model, { classes: data.classes.length, size, channels, ...(width !== null && { width }) }),
    method: buildMethod(settings, strategy && (await loadStrategy(strategy.path)), transition),
    optimizer: buildOptimizer(settings),
    augmentation: augment ? faceAugmentation() : null,
  };
}

function buildOptimizer(settings: Omit<TrainSettings, 'workers'>): Optimizer {
  const options = { learningRate: buildSchedule(settings), weightDecay: settings.weightDecay };
  return settings.optimizer === 'adam' ? adam(options) : sgd(options);
}

/** `step` divides by 10 after 3/8 and 3/4 of the run, as SCN's paper does after 15 and 30 of 40 epochs. */
function buildSchedule({ schedule, lr, epochs }: Pick<TrainSettings, 'schedule' | 'lr' | 'epochs'>): Schedule {
  switch (schedule) {
    case 'constant':
      return constant(lr);
    case 'cosine':
      return cosineDecay({ learningRate: lr });
    case 'step':
      return stepDecay({
        learningRate: lr,
        epochs: [0.375, 0.75].map((share) => Math.max(1, Math.round(share * epochs))),
      });
    case 'exponential':
      return exponentialDecay({ learningRate: lr });
  }
}
