import { OptionError, randomStream } from '@selfcure/core';

/** Options of {@link chooseRandom} and {@link chooseByGain}. */
export interface ChoiceOptions {
  /** Given labels of all samples. Length N. */
  readonly given: ArrayLike<number>;
  readonly classes: number;
  /** How many to choose. */
  readonly count: number;
  readonly seed: number;
  /** 1 for samples that are not to be chosen, such as those already verified. Length N. */
  readonly exclude?: ArrayLike<number>;
}

function candidates({ given, count, exclude }: ChoiceOptions, who: string): number[] {
  const free = Array.from(given, (_, i) => i).filter((i) => !exclude?.[i]);
  if (!Number.isInteger(count) || count < 1 || count > free.length)
    throw new OptionError(
      `${who}: count ${count} is not a whole number in [1, ${free.length}], the samples that may be chosen`,
    );
  return free;
}

/**
 * Samples to verify for estimating the noise: random within each given label, as many of a label as its share (at least one of each that has any left, as far as `count`
 * reaches). Pass `stratified: true` to `transitionFromVerified`.
 *
 * @returns sample ids in random order.
 * @throws OptionError where `count` is out of range.
 * @example const ids = chooseRandom({ given: data.labels, classes: 7, count: 100, seed: 0 });
 */
export function chooseRandom(options: ChoiceOptions): Int32Array {
  const free = candidates(options, 'chooseRandom');
  const { given, classes, count, seed } = options;
  const stream = randomStream({ seed, purpose: 'review/random' });
  const shuffled = [...stream.permutation(free.length)].map((place) => free[place]!);
  const byLabel = Array.from({ length: classes }, (_, label) => shuffled.filter((sample) => given[sample] === label));
  const wanted = byLabel.map((samples) => (count * samples.length) / free.length);
  const quota = wanted.map((share, label) =>
    Math.min(byLabel[label]!.length, Math.max(Math.floor(share), byLabel[label]!.length > 0 ? 1 : 0)),
  );
  const total = (): number => quota.reduce((sum, one) => sum + one, 0);
  /** The label furthest below (or above) its share. */
  const furthest = (sign: 1 | -1, may: (label: number) => boolean): number => {
    const labels = [...quota.keys()].filter(may);
    return labels.reduce((best, label) =>
      sign * (wanted[label]! - quota[label]!) > sign * (wanted[best]! - quota[best]!) ? label : best,
    );
  };
  while (total() < count) quota[furthest(1, (label) => quota[label]! < byLabel[label]!.length)]!++;
  const least = count >= wanted.filter((share) => share > 0).length ? 1 : 0;
  while (total() > count) quota[furthest(-1, (label) => quota[label]! > least)]!--;
  const chosen = new Set(byLabel.flatMap((samples, label) => samples.slice(0, quota[label])));
  return Int32Array.from(shuffled.filter((sample) => chosen.has(sample)));
}

/**
 * Samples whose verification is expected to mend most: by probability that the label is wrong times how sure the network is of what is right, the
 * largest first. Good for curing labels; not a random choice, so no estimate of the noise may rest on it.
 *
 * @returns sample ids, the most gain first.
 * @throws OptionError where `count` or lengths are out of range.
 * @example chooseByGain({ given, classes: 7, count: 50, seed: 0, posterior, exclude: isVerified })
 */
export function chooseByGain(
  options: ChoiceOptions & {
    /** Over true classes, N x C. */
    readonly posterior: ArrayLike<number>;
  },
): Int32Array {
  const free = candidates(options, 'chooseByGain');
  const { given, classes, count, posterior } = options;
  if (posterior.length !== given.length * classes)
    throw new OptionError(
      `chooseByGain: ${posterior.length} numbers of posterior for ${given.length} samples of ${classes} classes`,
    );
  const gain = (sample: number): number => {
    let other = 0;
    for (let c = 0; c < classes; c++)
      if (c !== given[sample]) other = Math.max(other, posterior[sample * classes + c]!);
    return (1 - posterior[sample * classes + given[sample]!]!) * other;
  };
  const gains = new Map(free.map((sample) => [sample, gain(sample)]));
  return Int32Array.from(free.sort((a, b) => gains.get(b)! - gains.get(a)! || a - b).slice(0, count));
}
