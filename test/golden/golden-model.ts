import type { Model } from '@selfcure/core';
import { convBatchNorm, globalAveragePool } from '@selfcure/models';
import type { Tensor } from '@selfcure/tensor';

/** The network of the recorded steps, from the layers of @selfcure/models. */
export const goldenModel: Model = {
  name: 'golden',
  options: {},
  inputShape: [12, 12, 1],
  classes: 7,
  apply: (ops, images, { training }) => {
    const block = (layer: string, x: Tensor, channels: number, size: number, stride: number): Tensor =>
      convBatchNorm(ops, x, { layer, channels, size, stride }, { training });
    const pooled = ops.maxPool(ops.relu(block('conv1', images, 4, 5, 2)), { size: 2 });
    const inner = ops.relu(block('conv2', pooled, 8, 3, 1));
    return globalAveragePool(ops, ops.relu(ops.add(block('conv3', inner, 8, 3, 1), inner)));
  },
};
