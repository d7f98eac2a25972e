import type { Ops, Shape, Tensor } from '@selfcure/tensor';

/**
 * Zeros below, to the right and in further channels of an image.
 *
 * @param x [N, H, W, C].
 * @param shape height, width and channels of the result, none below those of x.
 * @example padEnd(ops, x, [4, 4, 256]) // from [N, 3, 3, 256]
 */
export function padEnd(ops: Ops, x: Tensor, [height, width, channels]: readonly [number, number, number]): Tensor {
  let y = x;
  const [bottom, right] = [height - x.shape[1]!, width - x.shape[2]!];
  if (bottom > 0 || right > 0) {
    const count = x.shape[3]!;
    y = ops.conv2d(y, ops.full(1, [1, 1, 1, count]), { padding: [0, bottom, 0, right], groups: count });
  }
  if (channels > y.shape[3]!) {
    const pixels = y.shape.slice(0, 3).reduce((product, length) => product * length, 1);
    const rows: Shape = [pixels, y.shape[3]!];
    const padded = ops.padRows(ops.transpose(ops.reshape(y, rows), [1, 0]), 0, channels);
    y = ops.reshape(ops.transpose(padded, [1, 0]), [...y.shape.slice(0, 3), channels]);
  }
  return y;
}
