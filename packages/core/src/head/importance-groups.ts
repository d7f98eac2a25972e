import type { Ops, Tensor } from '@selfcure/tensor';

/** Size M of the high-importance group: floor(beta N), between 1 and N - 1. */
export function highGroupSize(batchSize: number, beta: number): number {
  return Math.min(Math.max(Math.floor(beta * batchSize), 1), batchSize - 1);
}

/**
 * 1 for the samples of the high-importance group, else 0: the M largest weights, ties by index (Wang et al. 2020, section
 * 3.3). A batch of one sample has no groups: it counts as high.
 *
 * @param importance alpha, [N]
 */
export function highGroup(ops: Ops, importance: Tensor, beta: number): Tensor {
  const size = importance.shape[0]!;
  return size < 2 ? ops.full(1, [size]) : ops.rankMask(importance, highGroupSize(size, beta));
}
