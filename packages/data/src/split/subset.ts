import type { Dataset } from '@selfcure/core';

import { DataError } from '../error/data-error.ts';
import type { GroupedDataset } from '../set/data-set.ts';
import { createDataset, knownGroups } from '../set/data-set.ts';
import { fingerprint } from '../set/fingerprint.ts';
import { checkIds } from '../set/sample-ids.ts';

/** Part of a data set. */
export interface SubsetDataset extends GroupedDataset {
  /** Id in the original data set of every sample of this one. */
  readonly ids: Int32Array;
}

/**
 * Some samples of a data set as a data set of their own, in the order of `ids`; sample k of it is sample ids[k] of the
 * original. Pixels are read through the original and not copied.
 *
 * @throws DataError where an id is no sample, occurs twice, or none is given.
 * @example const firstTen = subset(data, Array.from({ length: 10 }, (_, i) => i));
 */
export function subset(data: Dataset, ids: ArrayLike<number>): SubsetDataset {
  checkIds(ids, data.size, 'ids');
  const own = Int32Array.from(ids);
  if (own.length === 0) {
    throw new DataError({
      code: 'no-samples',
      source: 'ids',
      problem: 'no sample is named',
      remedy: 'Pass at least one id',
    });
  }
  const seen = new Uint8Array(data.size);
  own.forEach((id) => {
    if (seen[id] === 1) {
      throw new DataError({
        code: 'bad-sample',
        source: 'ids',
        problem: `sample id ${id} occurs twice`,
        remedy: 'Name each sample once',
      });
    }
    seen[id] = 1;
  });
  const pick = (values: Int32Array | undefined): Int32Array | undefined =>
    values && Int32Array.from(own, (id) => values[id]!);
  const labels = pick(data.labels)!;
  const classes = data.classes.length;
  const soft = data.soft && new Float32Array(own.length * classes);
  if (soft !== undefined)
    own.forEach((id, i) => soft.set(data.soft!.subarray(id * classes, (id + 1) * classes), i * classes));
  const groups = knownGroups(data);
  const part = createDataset({
    name: data.name,
    size: own.length,
    classes: data.classes,
    shape: data.shape,
    labels,
    truth: pick(data.truth),
    verified: pick(data.verified),
    soft,
    ambiguity: data.ambiguity && Float32Array.from(own, (id) => data.ambiguity![id]!),
    groups: groups && regroup(pick(groups)!),
    fingerprint: () => fingerprint({ kind: 'subset', facts: { of: data.fingerprint }, numbers: [own] }),
    read: (chosen) => {
      checkIds(chosen, own.length, data.name);
      return data.read(Int32Array.from(chosen, (id) => own[id]!));
    },
  });
  return Object.assign(part, { ids: own });
}

/** Renames groups by their first member here. */
function regroup(groups: Int32Array): Int32Array {
  const first = new Map<number, number>();
  return groups.map((group, i) => {
    if (!first.has(group)) first.set(group, i);
    return first.get(group)!;
  });
}
