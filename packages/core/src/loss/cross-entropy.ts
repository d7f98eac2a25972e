import { OptionError } from '../errors.ts';
import type { Loss } from './loss.ts';

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions {
  /** Share of every target that is spread evenly over all classes (Szegedy et al. 2016). Default 0. */
  readonly labelSmoothing?: number;
}

/**
 * Softmax cross-entropy: -sum over classes of target times log softmax(logits).
 *
 * @throws OptionError where labelSmoothing is outside [0, 1).
 * @example const loss = crossEntropy();
 */
export function crossEntropy({ labelSmoothing = 0 }: CrossEntropyOptions = {}): Loss {
  if (!(labelSmoothing >= 0 && labelSmoothing < 1))
    throw new OptionError(`crossEntropy: labelSmoothing ${labelSmoothing} is outside [0, 1). 0.1 is usual`);
  return {
    name: 'cross-entropy',
    options: { labelSmoothing },
    perSample: (ops, net, { targets, classes }) => ({
      loss: ops.softmaxCrossEntropy(
        net.logits,
        labelSmoothing === 0 ? targets : ops.add(ops.mul(targets, 1 - labelSmoothing), labelSmoothing / classes),
      ),
    }),
  };
}
