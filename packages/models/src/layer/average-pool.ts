import type { Ops, Tensor } from '@selfcure/tensor';

/**
 * Mean over windows that do not overlap; what does not fill one at the right and bottom is left out.
 *
 * @param x [N, H, W, C].
 * @returns [N, floor(H / size), floor(W / size), C].
 * @example averagePool(ops, x, 2)
 */
export function averagePool(ops: Ops, x: Tensor, size: number): Tensor {
  const channels = x.shape.at(-1)!;
  const share = ops.full(1 / (size * size), [size, size, 1, channels]);
  return ops.conv2d(x, share, { stride: size, padding: 0, groups: channels });
}
