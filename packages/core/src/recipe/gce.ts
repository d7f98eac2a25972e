import { generalizedCrossEntropy } from '../loss/generalized-cross-entropy.ts';
import type { GeneralizedCrossEntropyOptions } from '../loss/generalized-cross-entropy.ts';
import type { Method } from '../method.ts';
import { composeMethod } from './compose-method.ts';

/**
 * Generalized cross-entropy (Zhang and Sabuncu 2018), nothing else.
 *
 * @example await train({ recipe: gce(), ...rest });
 */
export function gce(options: GeneralizedCrossEntropyOptions = {}): Method {
  return composeMethod({ name: 'gce', loss: generalizedCrossEntropy(options) });
}
