import type { Ops, Tensor } from '@selfcure/tensor';

/**
 * Mean of every channel over the image: [N, H, W, C] to [N, C].
 *
 * @example globalAveragePool(ops, x)
 */
export function globalAveragePool(ops: Ops, x: Tensor): Tensor {
  return ops.mean(x, [1, 2]);
}
