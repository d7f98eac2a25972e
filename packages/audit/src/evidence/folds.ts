import { OptionError, randomStream } from '@selfcure/core';
import type { Dataset } from '@selfcure/core';

/** What {@link dealFolds} divides. */
export interface FoldOptions {
  /** Given labels. Length N. */
  readonly labels: ArrayLike<number>;
  /** Number of folds, from 2. */
  readonly folds: number;
  readonly seed: number;
  /** Samples that must not be parted, such as copies of one image. */
  readonly together?: readonly (readonly number[])[];
}

/**
 * Fold of every sample: random, with the same shares of given labels in each, copies of one image in one fold. Length N.
 *
 * @throws OptionError where `folds` is no whole number in [2, N].
 */
export function dealFolds({ labels, folds, seed, together = [] }: FoldOptions): Int32Array {
  if (!Number.isInteger(folds) || folds < 2 || folds > labels.length)
    throw new OptionError(`folds ${folds} is not a whole number in [2, ${labels.length}]. 4 is usual`);
  const first = Int32Array.from(labels, (_, i) => i);
  for (const group of together) for (const sample of group) first[sample] = group[0]!;
  const leaders = [...first.keys()].filter((i) => first[i] === i);
  const shuffled = [...randomStream({ seed, purpose: 'audit/folds' }).permutation(leaders.length)].map(
    (place) => leaders[place]!,
  );
  const foldOf = new Int32Array(labels.length);
  // Stable: within a label the order stays random.
  shuffled.sort((a, b) => labels[a]! - labels[b]!).forEach((leader, turn) => (foldOf[leader] = turn % folds));
  return foldOf.map((_, i) => foldOf[first[i]!]!);
}

/** Some samples of a data set as a data set to train on. */
export function partOf(data: Dataset, samples: Int32Array, name: string): Dataset {
  const { classes, shape, labels, fingerprint } = data;
  return {
    name: `${data.name}, ${name}`,
    size: samples.length,
    classes,
    shape,
    labels: samples.map((sample) => labels[sample]!),
    fingerprint: `${fingerprint}, ${name}`,
    read: (ids) => data.read(Int32Array.from(ids, (id) => samples[id]!)),
  };
}
