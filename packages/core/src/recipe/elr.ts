import { earlyLearningRegularization } from '../loss/early-learning-regularization.ts';
import type { EarlyLearningOptions } from '../loss/early-learning-regularization.ts';
import type { Method } from '../method.ts';
import { composeMethod } from './compose-method.ts';

/**
 * Early-learning regularization (Liu et al. 2020): pulls predictions towards their own average over epochs.
 *
 * @example await train({ recipe: elr({ lambda: 3 }), ...rest });
 */
export function elr(options: EarlyLearningOptions = {}): Method {
  return composeMethod({ name: 'elr', loss: earlyLearningRegularization(options) });
}
