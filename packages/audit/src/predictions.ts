import { checkDistributions, checkLabels, OptionError } from '@selfcure/core';

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
  checkLabels(who, 'given', given, classes, 0);
  checkDistributions(who, probabilities, given, classes);
}

/** Verified labels as an audit takes them: -1 where nobody has looked. */
export type VerifiedLabels = ArrayLike<number>;

/** Indices of the samples that a person has verified. */
export function verifiedSamples(who: string, verified: VerifiedLabels, samples: number, classes: number): number[] {
  if (verified.length !== samples)
    throw new OptionError(
      `${who}: ${verified.length} verified labels for ${samples} samples. Use -1 where none is verified`,
    );
  checkLabels(who, 'verified', verified, classes, -1);
  return [...Array(samples).keys()].filter((i) => verified[i] !== -1);
}
