import { rankMargin } from '@selfcure/core';
import type { Method } from '@selfcure/core';

/**
 * Margin delta_1 that a method's rank regularization takes: the one that it was given, or the default of
 * `rankRegularization` for the batch size (0.07 up to 64 samples, else 0.15). Null where the method has none.
 */
export function resolvedRankMargin({ options }: Method, batchSize: number): number | null {
  const { regularizers } = options as { regularizers?: readonly { name: string; margin?: number | null }[] };
  const rank = regularizers?.find(({ name }) => name === 'rank');
  return rank ? (rank.margin ?? rankMargin(batchSize)) : null;
}
