import { crossEntropy } from '../loss/cross-entropy.ts';
import type { CrossEntropyOptions } from '../loss/cross-entropy.ts';
import type { Method } from '../method.ts';
import { composeMethod } from './compose-method.ts';

/**
 * Plain cross-entropy: the control that stands beside every result.
 *
 * @example await train({ recipe: ce(), ...rest });
 */
export function ce(options: CrossEntropyOptions = {}): Method {
  return composeMethod({ name: 'ce', loss: crossEntropy(options) });
}
