import type { Head } from './head.ts';

/**
 * Self-attention importance weighting (Wang et al. 2020, section 3.2, eq. 1): alpha = sigmoid(w_a . x + b_a), one number
 * in (0, 1) a sample from the feature vector that the classifier sees too.
 *
 * alpha scales the logits, so it is a temperature (T = 1 / alpha) and no weight of the loss: the predicted class does not
 * depend on it, confidence and gradients do.
 *
 * @example const head = selfAttentionImportance(); // extras.importance: [N]
 */
export function selfAttentionImportance(): Head {
  return {
    name: 'importance',
    apply: (ops, features) => {
      const width = features.shape[1]!;
      const init = { kind: 'uniform', bound: 1 / Math.sqrt(width) } as const;
      const weights = ops.parameter('weights', [width, 1], init);
      const bias = ops.parameter('bias', [1], init);
      return ops.reshape(ops.sigmoid(ops.add(ops.matmul(features, weights), bias)), [features.shape[0]!]);
    },
  };
}
