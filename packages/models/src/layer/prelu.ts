import type { Ops, Tensor } from '@selfcure/tensor';

/**
 * ReLU with a slope for values below 0 that is learned for every channel (He et al. 2015). Its parameter is `slope` [C] of
 * the scope that it is called in; it starts at 0.25, as in PyTorch.
 *
 * @param x [..., C].
 * @returns max(x, 0) + slope min(x, 0), in the shape of x.
 * @example ops.scope('prelu', () => prelu(ops, x))
 */
export function prelu(ops: Ops, x: Tensor): Tensor {
  const slope = ops.parameter('slope', [x.shape.at(-1)!], { kind: 'constant', value: 0.25 });
  return ops.sub(ops.relu(x), ops.mul(slope, ops.relu(ops.neg(x))));
}
