import type { Dataset } from '@selfcure/core';
import { randomStream } from '@selfcure/core';

import { checkLength, checkRange, checkSeed, checkWhole } from '../error/check.ts';
import { DataError } from '../error/data-error.ts';
import { checkIds } from '../set/sample-ids.ts';
import { apportion } from './apportion.ts';
import { duplicateGroups } from './duplicate-groups.ts';
import type { SubsetDataset } from './subset.ts';
import { subset } from './subset.ts';

/** Options of {@link split}; give `fractions` or `counts`. */
export interface SplitOptions<Part extends string> {
  /** Share of the samples for each part; they sum to at most 1, and what is left over is in no part. */
  readonly fractions?: Readonly<Record<Part, number>>;
  /** Number of samples for each part; they sum to at most N. */
  readonly counts?: Readonly<Record<Part, number>>;
  readonly seed: number;
  /** Keep the shares of the given labels alike in all parts. Default true. */
  readonly stratified?: boolean;
  /** Group of every sample; groups never straddle. Default: {@link duplicateGroups}. */
  readonly groups?: ArrayLike<number>;
}

/**
 * Divides a data set into named parts that share no sample and no image: samples of one group (by default:
 * byte-identical images) always land in the same part. Where groups are larger than one, part sizes can miss their
 * counts by a few samples; without them they are exact. Samples keep their order within a part.
 *
 * @throws DataError where the parts ask for more than there is, or a part would be empty.
 * @example
 * const { train, test } = await split(data, { fractions: { train: 0.8, test: 0.2 }, seed: 1 });
 */
export async function split<Part extends string>(
  data: Dataset,
  options: SplitOptions<Part>,
): Promise<Record<Part, SubsetDataset>> {
  const { seed, stratified = true } = options;
  checkSeed(seed);
  const counts = partCounts(data.size, options);
  if (options.groups !== undefined) {
    checkLength('groups', options.groups.length, data.size, `one value for each of ${data.size} samples`);
    checkIds(options.groups, data.size, 'groups');
  }
  const groups = options.groups ?? (await duplicateGroups(data));
  const strata = stratified ? data.labels : new Int32Array(data.size);
  const ids = assign(
    groups,
    strata,
    stratified ? data.classes.length : 1,
    counts.map(([, count]) => count),
    seed,
  );
  const parts = counts.map(([name], p) => {
    if (ids[p]!.length === 0) {
      throw new DataError({
        code: 'no-samples',
        source: `part '${name}'`,
        problem: 'no sample falls into it',
        remedy: 'Ask for a larger share or pass more samples; a group cannot be divided',
      });
    }
    return [name, subset(data, ids[p]!)] as const;
  });
  return Object.fromEntries(parts) as Record<Part, SubsetDataset>;
}

function partCounts<Part extends string>(size: number, { fractions, counts }: SplitOptions<Part>): [Part, number][] {
  if ((fractions === undefined) === (counts === undefined)) {
    throw new DataError({
      code: 'bad-option',
      source: 'fractions, counts',
      problem: fractions === undefined ? 'neither is given' : 'both are given',
      remedy: 'Pass one of them, with a value for every part',
    });
  }
  const wanted = Object.entries<number>((fractions ?? counts)!) as [Part, number][];
  const total = wanted.reduce((sum, [, amount]) => sum + amount, 0);
  const limit = fractions === undefined ? size : 1;
  for (const [name, amount] of wanted) {
    if (fractions === undefined) checkWhole(`counts.${name}`, amount, 1);
    else checkRange(`fractions.${name}`, amount, 0, 1);
  }
  if (wanted.length === 0 || total > limit * (1 + 1e-9)) {
    throw new DataError({
      code: 'bad-option',
      source: fractions === undefined ? 'counts' : 'fractions',
      problem: wanted.length === 0 ? 'no part is named' : `the parts sum to ${total}, more than ${limit}`,
      remedy: `Name at least one part and let them sum to at most ${limit}`,
    });
  }
  if (fractions === undefined) return wanted;
  const shares = apportion(size, [...wanted.map(([, share]) => share), Math.max(0, 1 - total)]);
  return wanted.map(([name], p) => [name, shares[p]!]);
}

/** Ids of every part, ascending. */
function assign(
  groups: ArrayLike<number>,
  strata: Int32Array,
  strataCount: number,
  counts: readonly number[],
  seed: number,
): number[][] {
  const members = new Map<number, number[]>();
  for (let i = 0; i < groups.length; i++) {
    const group = members.get(groups[i]!);
    if (group === undefined) members.set(groups[i]!, [i]);
    else group.push(i);
  }
  // A group counts for the stratum of its first member.
  const units: number[][][] = Array.from({ length: strataCount }, () => []);
  for (const unit of members.values()) units[strata[unit[0]!]!]!.push(unit);
  const available = units.map((list) => list.reduce((sum, unit) => sum + unit.length, 0));

  const left = available.slice();
  const quotas = counts.map((count) => {
    const quota = apportion(count, left);
    quota.forEach((amount, stratum) => (left[stratum]! -= amount));
    return quota;
  });
  const parts: number[][] = counts.map(() => []);
  units.forEach((list, stratum) => {
    const room = quotas.map((quota) => quota[stratum]!);
    // What no part asks for is a part of its own, so that it takes its share of the groups.
    const spare = available[stratum]! - room.reduce((sum, amount) => sum + amount, 0);
    const order = randomStream({ seed, purpose: 'split', sample: stratum }).permutation(list.length);
    // Large groups first, while there is room for them; the sort keeps the random order among equals.
    const shuffled = Array.from(order, (k) => list[k]!).sort((a, b) => b.length - a.length);
    const rooms = [...room, spare];
    for (const unit of shuffled) {
      let target = rooms.findIndex((space) => space >= unit.length);
      if (target < 0) target = rooms.indexOf(Math.max(...rooms));
      rooms[target]! -= unit.length;
      if (target < parts.length) parts[target]!.push(...unit);
    }
  });
  return parts.map((ids) => ids.sort((a, b) => a - b));
}
