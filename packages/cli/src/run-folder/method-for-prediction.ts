import {
  CheckpointError,
  composeMethod,
  crossEntropy,
  earlyLearningRegularization,
  forwardCorrection,
  generalizedCrossEntropy,
  logitWeightedCrossEntropy,
  selfAttentionImportance,
} from '@selfcure/core';
import type { Head, Loss, Method } from '@selfcure/core';
import type { Json } from '@selfcure/tensor';

const heads: ReadonlyMap<string, () => Head> = /* @__PURE__ */ new Map([['importance', selfAttentionImportance]]);

const losses: ReadonlyMap<string, (options: object) => Loss> = /* @__PURE__ */ new Map<
  string,
  (options: object) => Loss
>([
  ['cross-entropy', crossEntropy],
  ['logit-weighted-cross-entropy', logitWeightedCrossEntropy],
  ['early-learning-regularization', earlyLearningRegularization],
  ['generalized-cross-entropy', generalizedCrossEntropy],
  ['forward-correction', forwardCorrection as (options: object) => Loss],
]);

/**
 * A method as far as prediction needs it, from the name and options that a composed one describes itself with: its heads
 * and its loss, which say what the network gives out. It does not relabel.
 *
 * @throws CheckpointError where the description names parts that this package does not know.
 */
export function methodForPrediction(name: string, options: Json): Method {
  const described = options as { heads?: unknown; loss?: { name: string } | null } | null;
  const headNames = Array.isArray(described?.heads) ? (described.heads as unknown[]).map(String) : [];
  const { name: lossName, ...lossOptions } = { name: '', ...described?.loss };
  const unknown = headNames.find((head) => !heads.has(head)) ?? (losses.has(lossName) ? undefined : lossName);
  if (unknown !== undefined || !Array.isArray(described?.heads)) {
    throw new CheckpointError(
      `method '${name}' has a part '${unknown ?? 'heads'}' that is not one of selfcure's own. Pass the method itself: loadModel(path, { method })`,
    );
  }
  const method = composeMethod({
    name,
    heads: headNames.map((head) => heads.get(head)!()),
    loss: losses.get(lossName)!(lossOptions),
  });
  return { ...method, options };
}
