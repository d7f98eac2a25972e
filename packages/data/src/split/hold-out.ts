import type { Dataset } from '@selfcure/core';

import { checkRange } from '../error/check.ts';
import { apportion } from './apportion.ts';
import { split } from './split.ts';
import type { SubsetDataset } from './subset.ts';

/** Options of {@link holdOut}. */
export interface HoldOutOptions {
  /** Share of the samples to hold out, between 0 and 1. Default 0.2. */
  readonly fraction?: number;
  readonly seed: number;
  /** Keep the shares of the given labels. Default true. */
  readonly stratified?: boolean;
  /** Group of every sample; see {@link SplitOptions.groups}. */
  readonly groups?: ArrayLike<number>;
}

/**
 * Divides a data set in two: what to train on, and what to hold out. No image is in both.
 *
 * @throws DataError where the fraction leaves one of them empty.
 * @example const { train, heldOut } = await holdOut(data, { fraction: 0.2, seed: 1 });
 */
export async function holdOut(
  data: Dataset,
  { fraction = 0.2, ...options }: HoldOutOptions,
): Promise<{ readonly train: SubsetDataset; readonly heldOut: SubsetDataset }> {
  checkRange('fraction', fraction, 0, 1);
  const [held, rest] = apportion(data.size, [fraction, 1 - fraction]);
  return split(data, { counts: { heldOut: held!, train: rest! }, ...options });
}
