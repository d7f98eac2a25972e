import type { ModelMode } from '@selfcure/core';
import { sameShape } from '@selfcure/tensor';
import type { Ops, Tensor } from '@selfcure/tensor';
import { convBatchNorm } from './conv-batch-norm.ts';

/** Options of {@link basicBlock}. */
export interface BasicBlockOptions {
  /** Scope of its states. */
  readonly layer: string;
  /** Channels of the result. */
  readonly channels: number;
  /** Of the first convolution and of the projection. Default 1. */
  readonly stride?: number;
}

/**
 * Residual block of two 3x3 convolutions (He et al. 2016, figure 2 and option B of section 3.3):
 * relu(x + bn(conv(relu(bn(conv(x)))))). Where the shape changes, x passes a 1x1 convolution with batch normalization.
 *
 * Layers inside: `conv1`, `conv2` and `projection`.
 *
 * @param x [N, H, W, in].
 * @returns [N, ceil(H / stride), ceil(W / stride), channels].
 * @example basicBlock(ops, x, { layer: 'layer2/0', channels: 128, stride: 2 }, mode)
 */
export function basicBlock(
  ops: Ops,
  x: Tensor,
  { layer, channels, stride = 1 }: BasicBlockOptions,
  mode: ModelMode,
): Tensor {
  return ops.scope(layer, () => {
    const inner = ops.relu(convBatchNorm(ops, x, { layer: 'conv1', channels, size: 3, stride }, mode));
    const residual = convBatchNorm(ops, inner, { layer: 'conv2', channels, size: 3 }, mode);
    const skip = sameShape(x.shape, residual.shape)
      ? x
      : convBatchNorm(ops, x, { layer: 'projection', channels, size: 1, stride }, mode);
    return ops.relu(ops.add(residual, skip));
  });
}
