import type { Ops, Tensor } from '@selfcure/tensor';

/** Bilinear weights [to, from]: row i holds the shares of the pixels that the i-th new one lies between. */
function weights(ops: Ops, from: number, to: number): Tensor {
  const centres = ops.sub(ops.mul(ops.add(ops.iota(to), 0.5), from / to), 0.5);
  const inside = ops.minimum(ops.maximum(centres, 0), from - 1);
  const distance = ops.abs(ops.sub(ops.reshape(inside, [to, 1]), ops.reshape(ops.iota(from), [1, from])));
  return ops.relu(ops.sub(1, distance));
}

/**
 * Bilinear interpolation to another size, with the centres of pixels at halves, as in PyTorch (`align_corners=False`) and
 * Pillow where they enlarge. Two matrix products. For smaller images it takes two neighbours without averaging what lies
 * between: reduce images in the data instead.
 *
 * @param x [N, H, W, C].
 * @returns [N, height, width, C].
 * @example resizeBilinear(ops, images, [150, 150])
 */
export function resizeBilinear(ops: Ops, x: Tensor, [height, width]: readonly [number, number]): Tensor {
  const [n, fromHeight, fromWidth, channels] = x.shape as readonly [number, number, number, number];
  let y = x;
  if (height !== fromHeight) {
    const rows = ops.reshape(ops.transpose(y, [1, 0, 2, 3]), [fromHeight, n * fromWidth * channels]);
    const resized = ops.matmul(weights(ops, fromHeight, height), rows);
    y = ops.transpose(ops.reshape(resized, [height, n, fromWidth, channels]), [1, 0, 2, 3]);
  }
  if (width !== fromWidth) {
    const columns = ops.reshape(ops.transpose(y, [2, 0, 1, 3]), [fromWidth, n * height * channels]);
    const resized = ops.matmul(weights(ops, fromWidth, width), columns);
    y = ops.transpose(ops.reshape(resized, [width, n, height, channels]), [1, 2, 0, 3]);
  }
  return y;
}
