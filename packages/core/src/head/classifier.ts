import type { Ops, Tensor } from '@selfcure/tensor';

/**
 * The linear classifier: logits = features W + b, with the uniform first values of PyTorch's Linear layer
 * (bound 1 / sqrt(D)). Its layer is called `classifier`.
 *
 * @param features [N, D]
 * @returns logits [N, C] and the bias [C]
 */
export function classifier(ops: Ops, features: Tensor, classes: number): { logits: Tensor; bias: Tensor } {
  return ops.scope('classifier', () => {
    const width = features.shape[1]!;
    const init = { kind: 'uniform', bound: 1 / Math.sqrt(width) } as const;
    const weights = ops.parameter('weights', [width, classes], init);
    const bias = ops.parameter('bias', [classes], init);
    return { logits: ops.add(ops.matmul(features, weights), bias), bias };
  });
}
