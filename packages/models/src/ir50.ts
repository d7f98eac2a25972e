import { OptionError } from '@selfcure/core';
import type { Model, ModelMode } from '@selfcure/core';
import type { Ops, Tensor } from '@selfcure/tensor';
import { checkWhole } from './check.ts';
import { batchNorm } from './layer/batch-norm.ts';
import { conv2d } from './layer/conv2d.ts';
import { convBatchNorm } from './layer/conv-batch-norm.ts';
import { globalAveragePool } from './layer/global-average-pool.ts';
import { prelu } from './layer/prelu.ts';
import { resizeBilinear } from './layer/resize-bilinear.ts';

/** Where {@link ir50} ends. */
export type Ir50End = 'body' | 'embedding';

/** Options of {@link ir50}. */
export interface Ir50Options {
  /** Number of classes of the classifier on top. Default 7. */
  readonly classes?: number;
  /** Height and width of the images, up to 112. Default 112, for aligned faces; smaller ones are enlarged to it. */
  readonly size?: number;
  /** 3 (RGB) or 1 (gray). Default 3. */
  readonly channels?: number;
  /** `'body'` (default): the 7 x 7 x 512 values of the last unit, averaged, 512; `'embedding'`: the vector of a person, 512. */
  readonly until?: Ir50End;
}

/** Units and channels of the four stages. */
const stages = [
  [3, 64],
  [4, 128],
  [14, 256],
  [3, 512],
] as const;

/**
 * IR-50, the "improved residual" net of ArcFace (Deng et al. 2019, section 3.1 of version 1) as the PyTorch libraries for
 * faces have it; the backbone of many methods for expressions after pretraining on MS-Celeb-1M. Weights come from your own
 * file: {@link importSafetensors} with {@link ir50Names}. Such weights expect pixels as (p - 127.5) / 127.5 or / 128.
 *
 * @throws OptionError where an option is out of range.
 * @example ir50({ classes: 7 })
 */
export function ir50({ classes = 7, size = 112, channels = 3, until = 'body' }: Ir50Options = {}): Model {
  checkWhole('ir50', 'classes', classes, 2);
  checkWhole('ir50', 'size', size, 2);
  if (size > 112) throw new OptionError(`ir50: images of size ${size} are larger than 112. Read them at 112 pixels`);
  if (channels !== 1 && channels !== 3)
    throw new OptionError(`ir50: channels is ${String(channels)}. Pass 3 for RGB or 1 for gray`);
  if (until !== 'body' && until !== 'embedding')
    throw new OptionError(`ir50: until is ${JSON.stringify(until)}. Pass one of body, embedding`);
  return {
    name: 'ir50',
    options: { classes, size, channels, until },
    inputShape: [size, size, channels],
    classes,
    apply: (ops, images, mode) => {
      const rgb = ops.broadcastTo(images, [...images.shape.slice(0, 3), 3]);
      let x = convBatchNorm(ops, resizeBilinear(ops, rgb, [112, 112]), { layer: 'input', channels: 64, size: 3 }, mode);
      x = ops.scope('input/prelu', () => prelu(ops, x));
      let index = 0;
      for (const [units, width] of stages) {
        for (let unit = 0; unit < units; unit++) {
          x = ops.scope(`body/${index++}`, () => improvedResidual(ops, x, width, unit === 0 ? 2 : 1, mode));
        }
      }
      return until === 'body' ? globalAveragePool(ops, x) : embedding(ops, x, mode);
    },
  };
}

/** Normalization, convolution, PReLU, convolution, normalization; the shortcut takes every second pixel where the unit does. */
function improvedResidual(ops: Ops, x: Tensor, channels: number, stride: number, mode: ModelMode): Tensor {
  let y = ops.scope('bn', () => batchNorm(ops, x, mode));
  y = ops.scope('conv1', () => conv2d(ops, y, { channels, size: 3 }));
  y = ops.scope('prelu', () => prelu(ops, y));
  y = convBatchNorm(ops, y, { layer: 'conv2', channels, size: 3, stride }, mode);
  if (x.shape[3] !== channels)
    return ops.add(y, convBatchNorm(ops, x, { layer: 'projection', channels, size: 1, stride }, mode));
  return ops.add(y, stride === 1 ? x : ops.maxPool(x, { size: 1, stride }));
}

/** [N, 7, 7, 512] to [N, 512]; dropout of the original is left out. */
function embedding(ops: Ops, x: Tensor, mode: ModelMode): Tensor {
  return ops.scope('output', () => {
    const normalized = ops.scope('bn', () => batchNorm(ops, x, mode));
    const [n, height, width, channels] = normalized.shape as readonly [number, number, number, number];
    const length = height * width * channels;
    const init = { kind: 'uniform', bound: 1 / Math.sqrt(length) } as const;
    const product = ops.matmul(ops.reshape(normalized, [n, length]), ops.parameter('weights', [length, 512], init));
    const vector = ops.add(product, ops.parameter('bias', [512], init));
    return ops.scope('bn2', () => batchNorm(ops, vector, mode));
  });
}
