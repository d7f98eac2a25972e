import type { Model } from '@selfcure/core';
import { convBatchNorm, globalAveragePool } from '@selfcure/models';

/** One layer for images of 12 x 12 and 4 classes: its step compiles fast, on software too. */
export const tinyModel: Model = {
  name: 'tiny',
  options: {},
  inputShape: [12, 12, 1],
  classes: 4,
  apply: (ops, images, mode) =>
    globalAveragePool(
      ops,
      ops.relu(convBatchNorm(ops, images, { layer: 'conv', channels: 8, size: 5, stride: 2 }, mode)),
    ),
};
