import type { Tensor, Ops } from '@selfcure/tensor';
import type { NetOutputs } from '../method.ts';
import type { Loss } from './loss.ts';

/** Options of {@link logitWeightedCrossEntropy}. */
export interface LogitWeightedOptions {
  /** alpha scales the bias too, as in the authors' code; the paper's formula has no bias. Default true. */
  readonly weightBias?: boolean;
}

/**
 * Logit-weighted cross-entropy (Wang et al. 2020, section 3.2, eq. 2): the cross-entropy of softmax(alpha logits). With
 * alpha near 0 the distribution is uniform, the loss log C and the gradient scaled by alpha.
 *
 * Needs {@link selfAttentionImportance}.
 *
 * @example const loss = logitWeightedCrossEntropy();
 */
export function logitWeightedCrossEntropy({ weightBias = true }: LogitWeightedOptions = {}): Loss {
  const weighted = (ops: Ops, { logits, bias, extras }: NetOutputs): Tensor => {
    const alpha = ops.reshape(extras['importance']!, [logits.shape[0]!, 1]);
    return weightBias ? ops.mul(logits, alpha) : ops.add(ops.mul(ops.sub(logits, bias), alpha), bias);
  };
  return {
    name: 'logit-weighted-cross-entropy',
    options: { weightBias },
    needsHead: 'importance',
    logits: weighted,
    perSample: (ops, net, { targets }) => ({ loss: ops.softmaxCrossEntropy(weighted(ops, net), targets) }),
  };
}
