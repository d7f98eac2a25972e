import { crossEntropy } from '../loss/cross-entropy.ts';
import type { Method } from '../method.ts';
import { marginRelabel } from '../relabel/margin-relabel.ts';
import type { MarginRelabelOptions } from '../relabel/margin-relabel.ts';
import { composeMethod } from './compose-method.ts';

/**
 * Cross-entropy with published relabelling of every sample and nothing else: the control that tells what SCN owes to
 * that one rule.
 *
 * @example await train({ recipe: ceRelabel({ margin: 0.2, start: 10 }), ...rest });
 */
export function ceRelabel(options: Omit<MarginRelabelOptions, 'candidates' | 'probabilities'> = {}): Method {
  return composeMethod({
    name: 'ce-relabel',
    loss: crossEntropy(),
    relabel: marginRelabel({ ...options, candidates: 'all', probabilities: 'raw' }),
  });
}
