import type { Dataset } from '@selfcure/core';
import { identicalImages, similarImages } from '@selfcure/data';
import type { SampleOf } from '@selfcure/data';
import { classShares } from '../transition/transition.ts';
import type { Audit, AuditWarning, LabelConflict, LeakedImage } from './audit.ts';

/** Fewest samples of a class that a network can learn it from, by rule of thumb. */
const rare = 20;
/** Largest class over smallest, from which on accuracy hides what happens to the rare ones. */
const imbalance = 10;
/** Share of given labels that the last pass predicts, from which on wrong ones must be among them. */
const learned = 0.97;

/** Groups of images that look alike; the audited set is set 0. */
export interface AlikeImages {
  readonly groups: readonly (readonly SampleOf[])[];
  /** Whether images of a group are the same to the byte. */
  readonly identical: (images: readonly SampleOf[]) => boolean;
}

/** Groups of copies, and of images that only look alike. Whatever is in one group stands together in a fold. */
export async function findAlike(sets: readonly Dataset[]): Promise<AlikeImages> {
  const [same, similar] = [await identicalImages(sets), await similarImages(sets)];
  const keyOf = ({ set, sample }: SampleOf): string => `${set} ${sample}`;
  const copies = new Map(same.flatMap((group, i) => group.map((one) => [keyOf(one), i] as const)));
  // Data that are no pictures have copies only.
  const grouped = new Set(similar.flat().map(keyOf));
  return {
    groups: [...similar, ...same.filter((group) => !group.some((one) => grouped.has(keyOf(one))))],
    identical: ([first, ...rest]) => {
      const group = copies.get(keyOf(first!));
      return group !== undefined && rest.every((one) => copies.get(keyOf(one)) === group);
    },
  };
}

/** Images with different labels that look alike. */
export function findConflicts({ groups, identical }: AlikeImages, given: ArrayLike<number>): LabelConflict[] {
  return groups.flatMap((group) => {
    const own = group.filter(({ set }) => set === 0);
    const samples = own.map(({ sample }) => sample);
    const labels = samples.map((sample) => given[sample]!);
    return new Set(labels).size > 1 ? [{ samples, labels, identical: identical(own) }] : [];
  });
}

/** Images of the audited set that look like one of a held-out set; each twin once, with a copy of it where there is one. */
export function findLeaks({ groups, identical }: AlikeImages, heldOut: readonly string[]): LeakedImage[] {
  return groups.flatMap((group) => {
    const own = group.filter(({ set }) => set === 0);
    if (own.length === 0) return [];
    return group
      .filter(({ set }) => set > 0)
      .map((twin) => {
        const copy = own.find((one) => identical([one, twin]));
        return {
          sample: (copy ?? own[0]!).sample,
          set: heldOut[twin.set - 1]!,
          twin: twin.sample,
          identical: copy !== undefined,
        };
      });
  });
}

/** What a user should know of the data before believing any figure on them. */
export function warnOfData({
  classes,
  given,
  conflicts,
  leaks,
  fit,
  verified,
}: Pick<Audit, 'classes' | 'given' | 'conflicts' | 'leaks'> & {
  /** Share of given labels that the network predicted in its last training pass. */
  readonly fit: number | null;
  /** Labels verified at random, and how many estimates need. */
  readonly verified: { readonly count: number; readonly least: number };
}): AuditWarning[] {
  const counts = classShares(given, classes.length).map((share) => Math.round(share * given.length));
  const warnings: AuditWarning[] = [];
  const named = (holds: (count: number) => boolean): string =>
    counts.flatMap((count, c) => (holds(count) ? [`${classes[c]} (${count})`] : [])).join(', ');
  if (counts.includes(0))
    warnings.push({
      code: 'empty-class',
      message: `no sample is labelled ${named((count) => count === 0)}. Leave the class out, or add samples`,
    });
  const few = named((count) => count > 0 && count < rare);
  if (few)
    warnings.push({
      code: 'rare-class',
      message: `classes of fewer than ${rare} samples: ${few}. A network hardly learns them, and their labels look wrong to it; verify them all`,
    });
  const present = counts.filter((count) => count > 0);
  const ratio = Math.max(...present) / Math.min(...present);
  if (ratio >= imbalance)
    warnings.push({
      code: 'class-imbalance',
      message: `the largest class has ${ratio.toFixed(0)} times as many samples as the smallest: ${named(() => true)}. Look at balanced accuracy beside accuracy`,
    });
  const copies = conflicts.filter(({ identical }) => identical).length;
  if (copies > 0)
    warnings.push({
      code: 'conflicting-copies',
      message: `${copies} ${copies === 1 ? 'image occurs' : 'images occur'} more than once with different labels. At most one label of each can be right`,
    });
  const similar = conflicts.length - copies;
  if (similar > 0)
    warnings.push({
      code: 'conflicting-similar',
      message: `${similar} ${similar === 1 ? 'group' : 'groups'} of images that look alike ${similar === 1 ? 'has' : 'have'} different labels. Look at them side by side`,
    });
  for (const set of new Set(leaks.map((leak) => leak.set))) {
    const own = leaks.filter((leak) => leak.set === set);
    const near = own.filter(({ identical }) => !identical).length;
    warnings.push({
      code: 'split-leak',
      message: `${own.length} ${own.length === 1 ? 'image' : 'images'} of the ${set} data ${own.length === 1 ? 'is' : 'are'} among the training data${near > 0 ? ` (${near} of them only nearly the same)` : ''}. Leave them out: they make the ${set} figures too good`,
    });
  }
  if (fit !== null && fit >= learned)
    warnings.push({
      code: 'memorized',
      message: `the network predicts ${(100 * fit).toFixed(1)} % of the given labels, so it has learned wrong ones by heart: too few are suspected, and their share is underestimated. Train for fewer epochs, or use folds`,
    });
  if (verified.count > 0 && verified.count < verified.least)
    warnings.push({
      code: 'few-verified',
      message: `${verified.count} labels verified at random are too few to rest estimates on. Verify at least ${verified.least}; from 100 on they help much`,
    });
  return warnings;
}
