import { OptionError } from '../errors.ts';
import type { Loss } from './loss.ts';

/** Options of {@link generalizedCrossEntropy}. */
export interface GeneralizedCrossEntropyOptions {
  /** Exponent q in (0, 1]: towards 0 cross-entropy, 1 mean absolute error. Default 0.7, the authors'. */
  readonly q?: number;
}

/**
 * Generalized cross-entropy (Zhang and Sabuncu 2018, eq. 6): sum over classes of target times (1 - p^q) / q. Samples that the network
 * finds unlikely pull less than under cross-entropy.
 *
 * @throws OptionError where q is outside (0, 1].
 * @example const loss = generalizedCrossEntropy({ q: 0.7 });
 */
export function generalizedCrossEntropy({ q = 0.7 }: GeneralizedCrossEntropyOptions = {}): Loss {
  if (!(q > 0 && q <= 1))
    throw new OptionError(`generalizedCrossEntropy: q ${q} is outside (0, 1]. The authors take 0.7`);
  return {
    name: 'generalized-cross-entropy',
    options: { q },
    perSample: (ops, net, { targets }) => {
      const power = ops.exp(ops.mul(ops.logSoftmax(net.logits), q));
      return { loss: ops.div(ops.sum(ops.mul(targets, ops.sub(1, power)), [1]), q) };
    },
  };
}
