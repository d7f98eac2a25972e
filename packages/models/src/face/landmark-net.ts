import type { Ops, Tensor } from '@selfcure/tensor';
import { averagePool } from '../layer/average-pool.ts';

/** Side of the picture that the net sees. */
export const landmarkSide = 112;

const meanColor = [122.782, 117.001, 104.298] as const;
const zero = { kind: 'constant', value: 0 } as const;

/**
 * The net of 68 landmarks of face-api: four blocks of separable convolutions, each block the sum of its layers. States have
 * the names of face-api's file; depthwise filters are [3, 3, 1, C].
 *
 * @param images [N, 112, 112, 3], pixels 0 to 255.
 * @returns x and y of every landmark as shares of the side. [N, 136].
 */
export function landmarkNet(ops: Ops, images: Tensor): Tensor {
  const channel = ops.iota(3);
  const mean = meanColor
    .map((level, index) => ops.mul(ops.equal(channel, index), level))
    .reduce((sum, one) => ops.add(sum, one));
  let x = ops.div(ops.sub(images, mean), 255);
  for (const [block, channels] of [32, 64, 128, 256].entries()) x = denseBlock(ops, x, `dense${block}`, channels);
  const pooled = ops.reshape(averagePool(ops, x, 7), [images.shape[0]!, 256]);
  return ops.add(
    ops.matmul(pooled, ops.parameter('fc/weights', [256, 136], zero)),
    ops.parameter('fc/bias', [136], zero),
  );
}

/** Every layer sees the sum of those before it; the first one halves the picture. */
function denseBlock(ops: Ops, x: Tensor, name: string, channels: number): Tensor {
  return ops.scope(name, () => {
    const first =
      name === 'dense0'
        ? ops.scope('conv0', () => {
            const filters = ops.parameter('filters', [3, 3, 3, channels], zero);
            return ops.add(ops.conv2d(x, filters, { stride: 2 }), ops.parameter('bias', [channels], zero));
          })
        : separable(ops, x, 'conv0', channels, 2);
    let sum = ops.relu(first);
    for (const layer of ['conv1', 'conv2', 'conv3']) {
      // ReLU of the partial sum goes in, the partial sum itself stays.
      sum = ops.add(sum, separable(ops, ops.relu(sum), layer, channels, 1));
    }
    return ops.relu(sum);
  });
}

function separable(ops: Ops, x: Tensor, name: string, channels: number, stride: number): Tensor {
  return ops.scope(name, () => {
    const inside = x.shape[3]!;
    const each = ops.parameter('depthwise_filter', [3, 3, 1, inside], zero);
    const across = ops.parameter('pointwise_filter', [1, 1, inside, channels], zero);
    const convolved = ops.conv2d(ops.conv2d(x, each, { stride, groups: inside }), across);
    return ops.add(convolved, ops.parameter('bias', [channels], zero));
  });
}
