import { OptionError } from '@selfcure/core';
import type { Model } from '@selfcure/core';
import { checkWhole, widened } from './check.ts';
import { basicBlock } from './layer/basic-block.ts';
import { convBatchNorm } from './layer/conv-batch-norm.ts';
import { globalAveragePool } from './layer/global-average-pool.ts';

/**
 * What comes before the residual blocks: the 7x7 convolution of stride 2 and a 3x3 max pooling of stride 2, for images
 * of about 224 x 224; the convolution alone, for about 100 x 100; or a 3x3 convolution of stride 1, for about 32 x 32.
 */
export type Resnet18Stem = '7x7-s2-pool' | '7x7-s2' | '3x3';

/** Options of {@link resnet18}. */
export interface Resnet18Options {
  /** Number of classes of the classifier on top. Default 7. */
  readonly classes?: number;
  /** Height and width of the images. Default 224. */
  readonly size?: number;
  /** Channels of the images. Default 3. */
  readonly channels?: number;
  /** Factor of all channel counts, which stay multiples of 4. Default 1. */
  readonly width?: number;
  /** Default `'7x7-s2-pool'`, as in the paper. */
  readonly stem?: Resnet18Stem;
}

const stems: readonly Resnet18Stem[] = ['7x7-s2-pool', '7x7-s2', '3x3'];

/**
 * ResNet-18 (He et al. 2016, table 1): the backbone of SCN's experiments. 512 features; 11,176,512 parameters at 3
 * channels and width 1.
 *
 * Layers are named as torchvision's are, with slashes: `conv1`, then `layer1/0` to `layer4/1` with `conv1`, `conv2` and,
 * where the shape changes, `projection` (torchvision's `downsample`). Paddings are PyTorch's: 3, 1 and 0 on every side.
 *
 * @throws OptionError where an option is out of range.
 * @example resnet18({ classes: 7, size: 100, stem: '7x7-s2' })
 */
export function resnet18({
  classes = 7,
  size = 224,
  channels = 3,
  width = 1,
  stem = '7x7-s2-pool',
}: Resnet18Options = {}): Model {
  checkWhole('resnet18', 'classes', classes, 2);
  checkWhole('resnet18', 'size', size, 1);
  checkWhole('resnet18', 'channels', channels, 1);
  if (!stems.includes(stem)) {
    throw new OptionError(`resnet18: stem is ${JSON.stringify(stem)}. Pass one of ${stems.join(', ')}`);
  }
  const counts = [64, 128, 256, 512].map((count) => widened('resnet18', count, width));
  const entry = stem === '3x3' ? { size: 3, stride: 1 } : { size: 7, stride: 2 };
  return {
    name: 'resnet18',
    options: { classes, size, channels, width, stem },
    inputShape: [size, size, channels],
    classes,
    apply: (ops, images, mode) => {
      let x = ops.relu(convBatchNorm(ops, images, { layer: 'conv1', channels: counts[0]!, ...entry }, mode));
      if (stem === '7x7-s2-pool') x = ops.maxPool(x, { size: 3, stride: 2, padding: 1 });
      counts.forEach((count, stage) => {
        for (const block of [0, 1]) {
          const stride = stage > 0 && block === 0 ? 2 : 1;
          x = basicBlock(ops, x, { layer: `layer${stage + 1}/${block}`, channels: count, stride }, mode);
        }
      });
      return globalAveragePool(ops, x);
    },
  };
}
