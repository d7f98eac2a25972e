import type { ModelMode } from '@selfcure/core';
import type { Ops, Tensor } from '@selfcure/tensor';
import { batchNorm } from './batch-norm.ts';
import { conv2d } from './conv2d.ts';
import type { ConvolutionOptions } from './conv2d.ts';

/** Options of {@link convBatchNorm}. */
export interface ConvBatchNormOptions extends ConvolutionOptions {
  /** Scope of its states: `<layer>/filter`, `<layer>/bn/scale`, … */
  readonly layer: string;
}

/**
 * Convolution and batch normalization: {@link conv2d}, then {@link batchNorm} in the scope `bn` below it. What follows,
 * such as a ReLU, is the caller's.
 *
 * @param x images [N, H, W, in].
 * @returns [N, H', W', channels].
 * @throws what the two layers throw.
 * @example ops.relu(convBatchNorm(ops, images, { layer: 'conv1', channels: 32, size: 5, stride: 2 }, mode))
 */
export function convBatchNorm(
  ops: Ops,
  x: Tensor,
  { layer, ...options }: ConvBatchNormOptions,
  mode: ModelMode,
): Tensor {
  return ops.scope(layer, () => {
    const convolved = conv2d(ops, x, options);
    return ops.scope('bn', () => batchNorm(ops, convolved, mode));
  });
}
