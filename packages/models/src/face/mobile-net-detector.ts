import type { Ops, Tensor } from '@selfcure/tensor';

/** Added to the variance, as TensorFlow's MobileNet has it. */
const epsilon = 0.0010000000474974513;
/** Depthwise layers of stride 2. */
const reducing = [2, 4, 6, 12];
/** Side of the picture that the detector sees. */
export const detectorSide = 512;
/** Boxes that it proposes. */
export const proposals = 5118;

const zero = { kind: 'constant', value: 0 } as const;
const channelsOf = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024];

/**
 * The face detector of face-api: an SSD on MobileNet v1 (Liu et al. 2016; Howard et al. 2017). States have the names of
 * face-api's file; depthwise filters are [3, 3, 1, C].
 *
 * @param image [1, 512, 512, 3], pixels 0 to 255.
 * @returns `encodings` [5118, 4] beside the anchors, and `scores` [5118], probabilities of a face.
 */
export function mobileNetDetector(ops: Ops, image: Tensor): { encodings: Tensor; scores: Tensor; anchors: Tensor } {
  let x = pointwise(ops, ops.sub(ops.div(image, 127.5), 1), 'MobilenetV1/Conv2d_0_pointwise', [3, 32, 2]);
  let eleventh = x;
  for (const [i, channels] of channelsOf.entries()) {
    const layer = i + 1;
    x = depthwise(ops, x, `MobilenetV1/Conv2d_${layer}_depthwise`, reducing.includes(layer) ? 2 : 1);
    x = pointwise(ops, x, `MobilenetV1/Conv2d_${layer}_pointwise`, [1, channels, 1]);
    if (layer === 11) eleventh = x;
  }
  const maps = [eleventh, x];
  const extra = [256, 512, 128, 256, 128, 256, 64, 128];
  for (const [i, channels] of extra.entries()) {
    x = pointwise(ops, x, `Prediction/Conv2d_${i}_pointwise`, i % 2 === 0 ? [1, channels, 1] : [3, channels, 2]);
    if (i % 2 === 1) maps.push(x);
  }
  const rows = (part: string, width: number): Tensor =>
    ops.concatRows(
      maps.map((map, i) => {
        const boxes = i === 0 ? 3 : 6;
        const name = `Prediction/BoxPredictor_${i}/${part}`;
        const filter = ops.parameter(`${name}/weights`, [1, 1, map.shape[3]!, boxes * width], zero);
        const predicted = ops.add(ops.conv2d(map, filter), ops.parameter(`${name}/biases`, [boxes * width], zero));
        return ops.reshape(predicted, [map.shape[1]! * map.shape[2]! * boxes, width]);
      }),
    );
  const classes = ops.transpose(rows('ClassPredictor', 3), [1, 0]);
  const anchors = ops.parameter('Output/extra_dim', [1, proposals, 4], zero);
  return {
    encodings: rows('BoxEncodingPredictor', 4),
    scores: ops.sigmoid(ops.row(classes, 1)),
    anchors: ops.reshape(anchors, [proposals, 4]),
  };
}

const relu6 = (ops: Ops, x: Tensor): Tensor => ops.minimum(ops.relu(x), 6);

function pointwise(
  ops: Ops,
  x: Tensor,
  name: string,
  [size, channels, stride]: readonly [number, number, number],
): Tensor {
  const filter = ops.parameter(`${name}/weights`, [size, size, x.shape[3]!, channels], zero);
  const offset = ops.parameter(`${name}/convolution_bn_offset`, [channels], zero);
  return relu6(ops, ops.add(ops.conv2d(x, filter, { stride }), offset));
}

function depthwise(ops: Ops, x: Tensor, name: string, stride: number): Tensor {
  const channels = x.shape[3]!;
  const filter = ops.parameter(`${name}/depthwise_weights`, [3, 3, 1, channels], zero);
  const state = (part: string): Tensor => ops.parameter(`${name}/BatchNorm/${part}`, [channels], zero);
  const [mean, variance] = [state('moving_mean'), state('moving_variance')];
  const statistics = ops.stackRows([mean, variance, ops.rsqrt(ops.add(variance, epsilon))]);
  const convolved = ops.conv2d(x, filter, { stride, groups: channels });
  return relu6(ops, ops.bnApply(convolved, statistics, state('gamma'), state('beta'), false));
}
