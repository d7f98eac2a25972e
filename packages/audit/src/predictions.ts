import { OptionError } from '@selfcure/core';

/** Labels and what a network says of the samples; row i is sample i. */
export interface JudgedSamples {
  readonly classes: number;
  /** Given labels in [0, C). Length N. */
  readonly given: ArrayLike<number>;
  /** Class probabilities, rows that sum to 1: averaged over epochs, or of a network that has not seen the sample. N x C. */
  readonly probabilities: ArrayLike<number>;
}

/** Refuses arrays that do not belong together, naming the function. */
export function checkJudged(who: string, { classes, given, probabilities }: JudgedSamples): void {
  if (!Number.isInteger(classes) || classes < 2)
    throw new OptionError(`${who}: classes is ${classes}. Pass a whole number from 2`);
  if (probabilities.length !== given.length * classes)
    throw new OptionError(
      `${who}: ${probabilities.length} probabilities for ${given.length} samples of ${classes} classes. Pass ${given.length * classes}`,
    );
  for (let i = 0; i < given.length; i++) {
    if (!(Number.isInteger(given[i]) && given[i]! >= 0 && given[i]! < classes))
      throw new OptionError(`${who}: given[${i}] is ${given[i]}. Pass whole numbers in [0, ${classes - 1}]`);
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const p = probabilities[i * classes + c]!;
      if (!(p >= -1e-5 && p <= 1 + 1e-5))
        throw new OptionError(`${who}: probability ${p} of sample ${i} is outside [0, 1]`);
      sum += p;
    }
    if (!(Math.abs(sum - 1) < 1e-3))
      throw new OptionError(`${who}: the probabilities of sample ${i} sum to ${sum}, not to 1`);
  }
}

/** Verified labels as an audit takes them: -1 where nobody has looked. */
export type VerifiedLabels = ArrayLike<number>;

/** Indices of the samples that a person has verified. */
export function verifiedSamples(who: string, verified: VerifiedLabels, samples: number, classes: number): number[] {
  if (verified.length !== samples)
    throw new OptionError(
      `${who}: ${verified.length} verified labels for ${samples} samples. Use -1 where none is verified`,
    );
  const found: number[] = [];
  for (let i = 0; i < samples; i++) {
    const label = verified[i]!;
    if (label === -1) continue;
    if (!(Number.isInteger(label) && label >= 0 && label < classes))
      throw new OptionError(`${who}: verified[${i}] is ${label}. Pass whole numbers in [0, ${classes - 1}], or -1`);
    found.push(i);
  }
  return found;
}
