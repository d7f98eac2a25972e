import { forwardCorrection } from '../loss/forward-correction.ts';
import type { ForwardCorrectionOptions } from '../loss/forward-correction.ts';
import type { Method } from '../method.ts';
import type { RelabelStrategy } from '../relabel/relabel.ts';
import { composeMethod } from './compose-method.ts';

/**
 * Forward correction (Patrini et al. 2017) with a transition matrix from true to given labels, such as one that verified labels
 * estimate. A relabel strategy may go with it; its probabilities are those of the true classes.
 *
 * @example await train({ recipe: forward({ transition }), ...rest });
 */
export function forward({
  relabel,
  ...options
}: ForwardCorrectionOptions & { readonly relabel?: RelabelStrategy }): Method {
  return composeMethod({ name: 'forward', loss: forwardCorrection(options), ...(relabel && { relabel }) });
}
