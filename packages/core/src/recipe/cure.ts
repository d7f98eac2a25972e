import { crossEntropy } from '../loss/cross-entropy.ts';
import type { Method } from '../method.ts';
import { averagedRelabel } from '../relabel/averaged-relabel.ts';
import type { AveragedRelabelOptions } from '../relabel/averaged-relabel.ts';
import { composeMethod } from './compose-method.ts';

/**
 * The recommended default: plain cross-entropy with cautious, reversible edits on averaged, prior-adjusted probabilities
 * ({@link averagedRelabel}). It needs no noise rate, no second network and no extra pass.
 *
 * @example await train({ recipe: cure(), ...rest });
 */
export function cure(options: AveragedRelabelOptions = {}): Method {
  return composeMethod({ name: 'cure', loss: crossEntropy(), relabel: averagedRelabel(options) });
}
