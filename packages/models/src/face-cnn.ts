import type { Model } from '@selfcure/core';
import { checkWhole, widened } from './check.ts';
import { convBatchNorm } from './layer/conv-batch-norm.ts';
import { globalAveragePool } from './layer/global-average-pool.ts';

/** Options of {@link faceCnn}. */
export interface FaceCnnOptions {
  /** Number of classes of the classifier on top. Default 7: FER2013's expressions. */
  readonly classes?: number;
  /** Height and width of the images, at least 7. Default 48: FER2013's. */
  readonly size?: number;
  /** Channels of the images. Default 1. */
  readonly channels?: number;
  /** Factor of all channel counts, which stay multiples of 4. Default 1. */
  readonly width?: number;
}

/**
 * A small convolutional net for small grey faces: 241,120 parameters and 22.2 million floating-point operations in the
 * convolutions of one 48 x 48 image.
 *
 * | layer | value at size 48, width 1 |
 * |---|---|
 * | `conv1`: 5x5, stride 2, batch normalization, ReLU | 24 x 24 x 32 |
 * | max pool 2 | 12 x 12 x 32 |
 * | `conv2`: 3x3, batch normalization, ReLU | 12 x 12 x 64 |
 * | max pool 2 | 6 x 6 x 64 |
 * | `conv3`, `conv4`: 3x3, batch normalization, ReLU | 6 x 6 x 128 |
 * | global average pool: the features | 128 |
 *
 * @throws OptionError where an option is out of range.
 * @example faceCnn({ classes: 7, width: 0.5 })
 */
export function faceCnn({ classes = 7, size = 48, channels = 1, width = 1 }: FaceCnnOptions = {}): Model {
  checkWhole('faceCnn', 'classes', classes, 2);
  checkWhole('faceCnn', 'size', size, 7);
  checkWhole('faceCnn', 'channels', channels, 1);
  const [first, second, third] = [32, 64, 128].map((count) => widened('faceCnn', count, width)) as [
    number,
    number,
    number,
  ];
  return {
    name: 'face-cnn',
    options: { classes, size, channels, width },
    inputShape: [size, size, channels],
    classes,
    apply: (ops, images, mode) => {
      let x = ops.relu(convBatchNorm(ops, images, { layer: 'conv1', channels: first, size: 5, stride: 2 }, mode));
      x = ops.maxPool(x, { size: 2 });
      x = ops.relu(convBatchNorm(ops, x, { layer: 'conv2', channels: second, size: 3 }, mode));
      x = ops.maxPool(x, { size: 2 });
      x = ops.relu(convBatchNorm(ops, x, { layer: 'conv3', channels: third, size: 3 }, mode));
      x = ops.relu(convBatchNorm(ops, x, { layer: 'conv4', channels: third, size: 3 }, mode));
      return globalAveragePool(ops, x);
    },
  };
}
