import type { Tensor, Ops } from '@selfcure/tensor';
import type { NetOutputs } from '../method.ts';
import type { Loss } from './loss.ts';

/** alpha times the logits, bias included as in the authors' code. */
function weighted(ops: Ops, { logits, extras }: NetOutputs): Tensor {
  return ops.mul(logits, ops.reshape(extras['importance']!, [logits.shape[0]!, 1]));
}

/**
 * Logit-weighted cross-entropy (Wang et al. 2020, section 3.2, eq. 2): the cross-entropy of softmax(alpha logits). With
 * alpha near 0 the distribution is uniform, the loss log C and the gradient scaled by alpha.
 *
 * Needs {@link selfAttentionImportance}.
 *
 * @example const loss = logitWeightedCrossEntropy();
 */
export function logitWeightedCrossEntropy(): Loss {
  return {
    name: 'logit-weighted-cross-entropy',
    needsHead: 'importance',
    logits: weighted,
    perSample: (ops, net, { targets }) => ({ loss: ops.softmaxCrossEntropy(weighted(ops, net), targets) }),
  };
}
