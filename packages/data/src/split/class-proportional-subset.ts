import type { Dataset } from '@selfcure/core';
import { randomStream } from '@selfcure/core';

import { checkSeed, checkWhole } from '../error/check.ts';
import { apportion } from './apportion.ts';
import type { SubsetDataset } from './subset.ts';
import { subset } from './subset.ts';

/**
 * A smaller data set, of `samples` in [1, N], with the class shares of the given labels, drawn by one shuffle a class. A larger subset of the
 * same seed holds nearly all of a smaller one (per class, the smaller draw is a prefix of the larger).
 *
 * @param data N samples.
 * @throws DataError where samples is out of range.
 * @example const small = classProportionalSubset(data, { samples: 10_000, seed: 2020 });
 */
export function classProportionalSubset(
  data: Dataset,
  { samples, seed }: { readonly samples: number; readonly seed: number },
): SubsetDataset {
  checkWhole('samples', samples, 1, data.size);
  checkSeed(seed);
  const members: number[][] = data.classes.map(() => []);
  data.labels.forEach((label, i) => members[label]!.push(i));
  const counts = apportion(
    samples,
    members.map((list) => list.length),
  );
  const ids = members.flatMap((list, label) => {
    const order = randomStream({ seed, purpose: 'split/class-proportional', sample: label }).permutation(list.length);
    return Array.from(order.subarray(0, counts[label]), (k) => list[k]!);
  });
  return subset(
    data,
    ids.sort((a, b) => a - b),
  );
}
