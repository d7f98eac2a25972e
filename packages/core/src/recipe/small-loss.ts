import { crossEntropy } from '../loss/cross-entropy.ts';
import type { Method } from '../method.ts';
import { smallLossSelection } from '../weighting/small-loss-selection.ts';
import type { SmallLossSelectionOptions } from '../weighting/small-loss-selection.ts';
import { composeMethod } from './compose-method.ts';

/**
 * Cross-entropy without the samples of largest loss ({@link smallLossSelection}); it needs to know the noise rate.
 *
 * @example await train({ recipe: smallLoss({ rate: 0.3 }), ...rest });
 */
export function smallLoss(options: SmallLossSelectionOptions): Method {
  return composeMethod({ name: 'small-loss', loss: crossEntropy(), weighting: smallLossSelection(options) });
}
