import { OptionError } from '@selfcure/core';
import type { Model } from '@selfcure/core';
import type { Ops, Tensor } from '@selfcure/tensor';
import { checkWhole } from './check.ts';
import { affineConv } from './layer/affine-conv.ts';
import { averagePool } from './layer/average-pool.ts';
import { globalAveragePool } from './layer/global-average-pool.ts';
import { padEnd } from './layer/pad-end.ts';
import { resizeBilinear } from './layer/resize-bilinear.ts';

/** Where {@link dlibFace} ends. */
export type DlibFaceLayer = 'conv128_2' | 'conv256_1' | 'conv256_down_out' | 'fc';

/** Options of {@link dlibFace}. */
export interface DlibFaceOptions {
  /** Number of classes of the classifier on top. Default 7. */
  readonly classes?: number;
  /** Height and width of the images. Default 150; smaller ones are enlarged to `resolution`. */
  readonly size?: number;
  /** 3 (RGB) or 1 (gray). Default 3. */
  readonly channels?: number;
  /** Height and width at which the net computes. Default 150, at which it was trained; half of it costs a quarter. */
  readonly resolution?: number;
  /**
   * Where it ends, and with which features at resolution 150. `'conv128_2'` (default): the middle, 4 x 4 x 128 = 2048;
   * `'conv256_1'`: 4 x 4 x 256 = 4096; `'conv256_down_out'`: all convolutions, averaged, 256; `'fc'`: the descriptor of a person, 128.
   */
  readonly until?: DlibFaceLayer;
}

/** Ends, and the smallest resolution of which something is left there. */
const smallest: Readonly<Record<DlibFaceLayer, number>> = {
  conv128_2: 39,
  conv256_1: 55,
  conv256_down_out: 103,
  fc: 103,
};

/** Mean color that the net subtracts, in gray levels. */
const meanColor = [122.782, 117.001, 104.298] as const;

/**
 * What {@link dlibFace} expects of pixels: gray levels / 255. The mean color is subtracted inside.
 *
 * @example await train({ ...rest, recipe: cure(), model: dlibFace(), normalization: dlibNormalization });
 */
export const dlibNormalization: { readonly mean: 0; readonly standardDeviation: 255 } = {
  mean: 0,
  standardDeviation: 255,
};

/**
 * The residual net of 29 convolutions of dlib's face recognition (`dlib_face_recognition_resnet_model_v1`, D. King 2017), as
 * face-api carries it: a public-domain net that tells people apart, trained on about 3 million faces. Its middle is a good
 * start for expressions; its end has unlearned them. 5,614,592 values; its weights are read by `loadDlibFace` of
 * `@selfcure/models/node`.
 *
 * It differs from ResNet in ways that matter: convolutions of stride 2 have no padding; the shortcut of a block that
 * reduces is a 2 x 2 mean with zeros for the new channels; where its size and that of the convolutions differ by one, a row
 * and a column of zeros follow the latter. States have face-api's names: `conv32_1/conv1/conv/filters`.
 *
 * Give it pixels / 255, `normalization: dlibNormalization`.
 *
 * @throws OptionError where an option is out of range.
 * @example dlibFace({ classes: 7, size: 48, channels: 1 })
 */
export function dlibFace({
  classes = 7,
  size = 150,
  channels = 3,
  resolution = 150,
  until = 'conv128_2',
}: DlibFaceOptions = {}): Model {
  checkWhole('dlibFace', 'classes', classes, 2);
  checkWhole('dlibFace', 'size', size, 2);
  if (channels !== 1 && channels !== 3) {
    throw new OptionError(`dlibFace: channels is ${String(channels)}. Pass 3 for RGB or 1 for gray`);
  }
  if (!Object.hasOwn(smallest, until)) {
    const known = Object.keys(smallest).join(', ');
    throw new OptionError(`dlibFace: until is ${JSON.stringify(until)}. Pass one of ${known}`);
  }
  checkWhole(`dlibFace until ${until}`, 'resolution', resolution, smallest[until]);
  if (size > resolution) {
    throw new OptionError(
      `dlibFace: images of size ${size} are larger than the resolution ${resolution}. Read them at ${resolution} pixels`,
    );
  }
  return {
    name: 'dlib-face',
    options: { classes, size, channels, resolution, until },
    inputShape: [size, size, channels],
    classes,
    apply: (ops, images) => trunk(ops, centred(ops, resizeBilinear(ops, images, [resolution, resolution])), until),
  };
}

/** [N, H, W, 1 or 3] to RGB without the mean color. */
function centred(ops: Ops, images: Tensor): Tensor {
  const rgb = ops.broadcastTo(images, [...images.shape.slice(0, 3), 3]);
  const channel = ops.iota(3);
  const mean = meanColor
    .map((level, index) => ops.mul(ops.equal(channel, index), level / 255))
    .reduce((sum, one) => ops.add(sum, one));
  return ops.sub(rgb, mean);
}

function trunk(ops: Ops, images: Tensor, until: DlibFaceLayer): Tensor {
  let x = ops.relu(affineConv(ops, images, { layer: 'conv32_down', channels: 32, size: 7, stride: 2 }));
  x = ops.maxPool(x, { size: 3, stride: 2 });
  x = blocks(ops, x, ['conv32_1', 'conv32_2', 'conv32_3']);
  x = reducing(ops, x, 'conv64_down', 64);
  x = blocks(ops, x, ['conv64_1', 'conv64_2', 'conv64_3']);
  x = reducing(ops, x, 'conv128_down', 128);
  x = blocks(ops, x, ['conv128_1', 'conv128_2']);
  if (until === 'conv128_2') return flat(ops, averagePool(ops, x, 2));
  x = reducing(ops, x, 'conv256_down', 256);
  x = blocks(ops, x, ['conv256_1']);
  if (until === 'conv256_1') return flat(ops, x);
  x = blocks(ops, x, ['conv256_2']);
  x = reducing(ops, x, 'conv256_down_out', 256);
  const pooled = globalAveragePool(ops, x);
  if (until === 'conv256_down_out') return pooled;
  return ops.matmul(pooled, ops.parameter('fc', [256, 128], { kind: 'normal', standardDeviation: 1 / 16 }));
}

function flat(ops: Ops, x: Tensor): Tensor {
  return ops.reshape(x, [x.shape[0]!, x.shape[1]! * x.shape[2]! * x.shape[3]!]);
}

/** Residual blocks that keep their shape. */
function blocks(ops: Ops, x: Tensor, names: readonly string[]): Tensor {
  const channels = x.shape[3]!;
  return names.reduce(
    (y, name) =>
      ops.scope(name, () => {
        const inner = ops.relu(affineConv(ops, y, { layer: 'conv1', channels, size: 3, padding: 1 }));
        return ops.relu(ops.add(affineConv(ops, inner, { layer: 'conv2', channels, size: 3, padding: 1 }), y));
      }),
    x,
  );
}

/** A residual block of half the height and width. */
function reducing(ops: Ops, x: Tensor, name: string, channels: number): Tensor {
  return ops.scope(name, () => {
    const inner = ops.relu(affineConv(ops, x, { layer: 'conv1', channels, size: 3, stride: 2 }));
    const residual = affineConv(ops, inner, { layer: 'conv2', channels, size: 3, padding: 1 });
    const pooled = averagePool(ops, x, 2);
    const shape = [pooled.shape[1]!, pooled.shape[2]!, channels] as const;
    return ops.relu(ops.add(padEnd(ops, pooled, shape), padEnd(ops, residual, shape)));
  });
}
