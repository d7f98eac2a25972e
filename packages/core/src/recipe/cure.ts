import { crossEntropy } from '../loss/cross-entropy.ts';
import type { Method } from '../method.ts';
import { averagedRelabel, AVERAGE_PROBABILITIES } from '../relabel/averaged-relabel.ts';
import type { AveragedRelabelOptions } from '../relabel/averaged-relabel.ts';
import { composeMethod } from './compose-method.ts';

/** Options of {@link cure}. */
export interface CureOptions extends AveragedRelabelOptions {
  /** Decay of the average over epochs. Default 0.7. */
  readonly decay?: number;
}

/**
 * The recommended default: plain cross-entropy with cautious, reversible edits on averaged, prior-adjusted probabilities
 * ({@link averagedRelabel}). It needs no noise rate, no second network and no extra pass.
 *
 * @example await train({ recipe: cure(), ...rest });
 */
export function cure({ decay = 0.7, ...options }: CureOptions = {}): Method {
  return composeMethod({
    name: 'cure',
    loss: crossEntropy(),
    relabel: averagedRelabel(options),
    remember: [{ name: AVERAGE_PROBABILITIES, width: 'classes', source: 'probabilities', average: decay }],
  });
}
