import { crossEntropy } from '../loss/cross-entropy.ts';
import type { Method } from '../method.ts';
import { lossMixture } from '../weighting/loss-mixture.ts';
import type { LossMixtureOptions } from '../weighting/loss-mixture.ts';
import { composeMethod } from './compose-method.ts';

/**
 * Cross-entropy weighted by the probability that a sample's loss belongs to the clean component of a mixture
 * ({@link lossMixture}).
 *
 * @example await train({ recipe: mixture(), ...rest });
 */
export function mixture(options: LossMixtureOptions = {}): Method {
  return composeMethod({ name: 'mixture', loss: crossEntropy(), weighting: lossMixture(options) });
}
