import { OptionError } from '../errors.ts';
import { highGroup, highGroupSize } from '../head/importance-groups.ts';
import type { Regularizer } from './regularizer.ts';

/** Options of {@link rankRegularization}. */
export interface RankRegularizationOptions {
  /** Share beta of the batch that forms the high-importance group. Default 0.7 (section 3.3). */
  readonly beta?: number;
  /** Margin delta_1 between the mean weights of the groups. Default 0.15 (section 4.3); 0.07 for batches of 64 or fewer, as the authors advise. */
  readonly margin?: number;
  /** Factor of the term. Default 1, as in the authors' code; the paper's gamma = 0.5 mixes both losses evenly, which differs by a common factor 2. */
  readonly weight?: number;
}

/**
 * Default margin delta_1 for a batch: the two points that the authors document, 0.07 up to 64 samples and 0.15 above.
 *
 * @example rankMargin(64) // 0.07
 */
export function rankMargin(batchSize: number): number {
  return batchSize <= 64 ? 0.07 : 0.15;
}

/**
 * Rank regularization (Wang et al. 2020, section 3.3, eq. 3 and 4): max(0, margin - (mean alpha of the high group - mean
 * alpha of the low group)), the batch being split by rank of alpha (ties by index). The ranking is a constant to
 * differentiation. A batch of one sample has no groups: the term is 0.
 *
 * @throws OptionError where beta is outside [0, 1], or margin or weight is no number from 0.
 * @example const regularizer = rankRegularization({ beta: 0.7, margin: 0.15 });
 */
export function rankRegularization({ beta = 0.7, margin, weight = 1 }: RankRegularizationOptions = {}): Regularizer {
  if (!(beta >= 0 && beta <= 1))
    throw new OptionError(`rankRegularization: beta ${beta} is outside [0, 1]. The paper takes 0.7`);
  for (const [name, value] of [
    ['margin', margin ?? 0],
    ['weight', weight],
  ] as const) {
    if (!Number.isFinite(value) || value < 0)
      throw new OptionError(`rankRegularization: ${name} ${value} is not a number >= 0`);
  }
  return {
    name: 'rank',
    options: { beta, margin: margin ?? null, weight },
    needsHead: 'importance',
    term: (ops, net, { size }) => {
      if (size < 2) return ops.full(0, []);
      const alpha = net.extras['importance']!;
      const count = highGroupSize(size, beta);
      const high = highGroup(ops, alpha, beta);
      const meanHigh = ops.mul(ops.sum(ops.mul(alpha, high)), 1 / count);
      const meanLow = ops.mul(ops.sum(ops.mul(alpha, ops.sub(1, high))), 1 / (size - count));
      const gap = ops.sub(margin ?? rankMargin(size), ops.sub(meanHigh, meanLow));
      return ops.mul(ops.relu(gap), weight);
    },
  };
}
