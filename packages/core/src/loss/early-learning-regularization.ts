import { OptionError } from '../errors.ts';
import type { Loss } from './loss.ts';

/** Options of {@link earlyLearningRegularization}; defaults are those of the authors' CIFAR-10 configuration. */
export interface EarlyLearningOptions {
  /** Strength lambda. Default 3. */
  readonly lambda?: number;
  /** Decay beta of the remembered predictions. Default 0.7. */
  readonly beta?: number;
}

/**
 * Early-learning regularization (Liu et al. 2020, eq. 6): cross-entropy + lambda log(1 - <t, p>), where t is the running
 * average of the sample's normalized predictions, t <- beta t + (1 - beta) p / sum p, a constant to differentiation.
 * Predictions are clamped to [1e-4, 1 - 1e-4] as in the authors' code.
 *
 * @throws OptionError where lambda or beta is out of range.
 * @example const loss = earlyLearningRegularization({ lambda: 3 });
 */
export function earlyLearningRegularization({ lambda = 3, beta = 0.7 }: EarlyLearningOptions = {}): Loss {
  if (!(lambda >= 0 && lambda < Infinity))
    throw new OptionError(`earlyLearningRegularization: lambda ${lambda} is not a number from 0. The authors take 3`);
  if (!(beta >= 0 && beta < 1))
    throw new OptionError(`earlyLearningRegularization: beta ${beta} is outside [0, 1). The authors take 0.7`);
  return {
    name: 'early-learning-regularization',
    options: { lambda, beta },
    remember: [{ name: 'target', width: 'classes', source: 'target', feed: true }],
    perSample: (ops, net, { targets, remembered }) => {
      const p = ops.maximum(ops.minimum(ops.softmax(net.logits), 1 - 1e-4), 1e-4);
      const constant = ops.stopGradient(p);
      const normalized = ops.div(constant, ops.sum(constant, [1], true));
      const target = ops.add(ops.mul(remembered['target']!, beta), ops.mul(normalized, 1 - beta));
      const agreement = ops.sum(ops.mul(target, p), [1]);
      const loss = ops.add(
        ops.softmaxCrossEntropy(net.logits, targets),
        ops.mul(ops.log(ops.sub(1, agreement)), lambda),
      );
      return { loss, remember: { target } };
    },
  };
}
