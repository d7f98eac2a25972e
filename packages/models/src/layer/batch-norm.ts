import { OptionError } from '@selfcure/core';
import type { ModelMode } from '@selfcure/core';
import { attributesOf, sizeOf } from '@selfcure/tensor';
import type { Ops, StateAttributes, Tensor } from '@selfcure/tensor';

/** Added to the variance. PyTorch's default. */
const epsilon = 1e-5;
/** Share that the running statistics keep at each step. PyTorch calls 1 - 0.9 = 0.1 the momentum. */
const kept = 0.9;

/**
 * Batch normalization over all axes but the last (Ioffe and Szegedy 2015), with PyTorch's conventions: epsilon 1e-5,
 * running statistics that move by 0.1 towards those of the batch, and an unbiased variance (n - 1) among them although
 * the batch itself is normalized with the biased one.
 *
 * Its states are `scale` (starts at 1) and `offset` (0), trained, and `mean` (0) and `variance` (1), the running
 * statistics; [C] each, in the scope that it is called in.
 *
 * @param x [..., C]
 * @param mode training: statistics of the batch, and effects that record them; else the running statistics.
 * @returns (x - mean) / sqrt(variance + epsilon) scale + offset, in the shape of x.
 * @throws OptionError in training where a channel has a single value, whose variance is no number.
 * @example ops.scope('conv1/bn', () => batchNorm(ops, x, { training: true }))
 */
export function batchNorm(ops: Ops, x: Tensor, { training }: ModelMode): Tensor {
  const channels = [x.shape.at(-1)!];
  const scale = ops.parameter('scale', channels, { kind: 'constant', value: 1 });
  const offset = ops.parameter('offset', channels, { kind: 'constant', value: 0 });
  const mean = ops.statistic('mean', channels, { kind: 'constant', value: 0 });
  const variance = ops.statistic('variance', channels, { kind: 'constant', value: 1 });
  if (!training) {
    const running = ops.stackRows([mean, variance, ops.rsqrt(ops.add(variance, epsilon))]);
    return ops.bnApply(x, running, scale, offset, false);
  }

  const values = sizeOf(x.shape.slice(0, -1));
  if (values < 2) {
    throw new OptionError(
      `batchNorm: '${nameOf(mean)}' has one value a channel, from an input [${x.shape.join(', ')}]; ` +
        'its variance is no number. Use a batch of two or more, or larger images',
    );
  }
  const statistics = ops.bnStats(x, epsilon);
  ops.ema(nameOf(mean), ops.row(statistics, 0), kept);
  ops.ema(nameOf(variance), ops.mul(ops.row(statistics, 1), values / (values - 1)), kept);
  return ops.bnApply(x, statistics, scale, offset, true);
}

/** Full name of a state. */
function nameOf(state: Tensor): string {
  return attributesOf<StateAttributes>(state).name;
}
