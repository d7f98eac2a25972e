import type { Dataset } from '@selfcure/core';
import { randomStream } from '@selfcure/core';

import { checkLength, checkSeed, checkWhole } from '../error/check.ts';
import { DataError } from '../error/data-error.ts';
import { knownGroups } from '../set/data-set.ts';
import { checkIds } from '../set/sample-ids.ts';
import type { SubsetDataset } from './subset.ts';
import { subset } from './subset.ts';

/** Options of {@link groupFolds}. */
export interface GroupFoldsOptions {
  /** Number of folds. Default 10. */
  readonly folds?: number;
  /**
   * Without a seed, groups are dealt out in turn in the order in which they first occur (fold 0, 1, …, 9, 0, …): with
   * subjects in ascending order, the usual protocol of CK+ and Oulu-CASIA. With one, they are shuffled first.
   */
  readonly seed?: number;
  /** Group of every sample. Default: the data set's own (subjects, sequences, identical pictures). */
  readonly groups?: ArrayLike<number>;
}

/** One round of cross-validation. */
export interface Fold {
  readonly train: SubsetDataset;
  readonly test: SubsetDataset;
}

/**
 * Divides a data set into folds that no group straddles, for cross-validation by subject. Fold k tests on its own
 * samples and trains on all others.
 *
 * @throws DataError where the data set has no groups, or fewer groups than folds.
 * @example
 * const data = await tableDataset(await ckPlus(openFolder('./CK+')), { size: 48, channels: 1 });
 * for (const fold of groupFolds(data, { folds: 10 })) {
 *   const { model } = await train({ ...rest, recipe: cure(), data: fold.train });
 *   console.log((await evaluate({ backend, model, data: fold.test })).accuracy);
 * }
 */
export function groupFolds(data: Dataset, { folds = 10, seed, groups: given }: GroupFoldsOptions = {}): Fold[] {
  checkWhole('folds', folds, 2);
  if (seed !== undefined) checkSeed(seed);
  const groups = given ?? knownGroups(data);
  if (groups === undefined) {
    throw new DataError({
      code: 'bad-option',
      source: 'groups',
      problem: `'${data.name}' does not say which samples belong together`,
      remedy: 'Pass the group of every sample, such as the number of its subject',
    });
  }
  checkLength('groups', groups.length, data.size, `one value for each of ${data.size} samples`);
  checkIds(groups, data.size, 'groups');
  const order = [...new Set(Array.from(groups))];
  if (order.length < folds) {
    throw new DataError({
      code: 'bad-option',
      source: 'folds',
      problem: `${order.length} groups cannot be divided into ${folds} folds`,
      remedy: `Pass at most ${order.length}`,
    });
  }
  const positions =
    seed === undefined
      ? Int32Array.from(order, (_, i) => i)
      : Int32Array.from(randomStream({ seed, purpose: 'split/group-folds' }).permutation(order.length));
  const foldOf = new Map<number, number>();
  positions.forEach((position, turn) => foldOf.set(order[position]!, turn % folds));
  return Array.from({ length: folds }, (_, fold) => {
    const ids = Array.from({ length: data.size }, (__, id) => id);
    const tests = (id: number): boolean => foldOf.get(groups[id]!) === fold;
    return {
      train: subset(
        data,
        ids.filter((id) => !tests(id)),
      ),
      test: subset(data, ids.filter(tests)),
    };
  });
}
