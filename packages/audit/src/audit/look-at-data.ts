import type { SampleOf } from '@selfcure/data';
import { classShares } from '../transition/transition.ts';
import type { Audit, AuditWarning, LabelConflict } from './audit.ts';

/** Fewest samples of a class that a network can learn it from, by rule of thumb. */
const rare = 20;
/** Largest class over smallest, from which on accuracy hides what happens to the rare ones. */
const imbalance = 10;
/** Share of given labels that the last pass predicts, from which on wrong ones must be among them. */
const learned = 0.97;

/** Copies with different labels, among groups of identical images whose set 0 is the audited one. */
export function findConflicts(groups: readonly (readonly SampleOf[])[], given: ArrayLike<number>): LabelConflict[] {
  return groups.flatMap((group) => {
    const samples = group.filter(({ set }) => set === 0).map(({ sample }) => sample);
    const labels = samples.map((sample) => given[sample]!);
    return new Set(labels).size > 1 ? [{ samples, labels }] : [];
  });
}

/** Images of the audited set that a held-out set holds, too. */
export function findLeaks(
  groups: readonly (readonly SampleOf[])[],
  heldOut: readonly string[],
): { sample: number; set: string; twin: number }[] {
  return groups.flatMap((group) => {
    const own = group.find(({ set }) => set === 0);
    if (!own) return [];
    return group
      .filter(({ set }) => set > 0)
      .map(({ set, sample }) => ({ sample: own.sample, set: heldOut[set - 1]!, twin: sample }));
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
  if (conflicts.length > 0)
    warnings.push({
      code: 'conflicting-copies',
      message: `${conflicts.length} ${conflicts.length === 1 ? 'image occurs' : 'images occur'} more than once with different labels. At most one label of each can be right`,
    });
  for (const set of new Set(leaks.map((leak) => leak.set))) {
    const count = leaks.filter((leak) => leak.set === set).length;
    warnings.push({
      code: 'split-leak',
      message: `${count} ${count === 1 ? 'image' : 'images'} of the ${set} data ${count === 1 ? 'is' : 'are'} among the training data. Leave them out: they make the ${set} figures too good`,
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
