import { OptionError } from '@selfcure/core';
import { minimize } from '../recalibrate/minimize.ts';

/** A map from raw probabilities of being wrong to calibrated ones: sigmoid(slope logit(p) + offset). Plain data. */
export interface SuspicionCalibration {
  readonly slope: number;
  readonly offset: number;
}

const logit = (p: number): number => {
  const bounded = Math.min(Math.max(p, 1e-4), 1 - 1e-4);
  return Math.log(bounded / (1 - bounded));
};

/**
 * Calibrates probabilities of a label being wrong on samples that a person has looked at (Platt 1999), pulled to leaving them as they are, so that a few dozen
 * samples already help.
 *
 * @param suspicion raw probability of being wrong of each verified sample, in [0, 1].
 * @param wrong 1 where its given label is wrong, else 0; or a better probability of it.
 * @param strength pull to slope 1 and offset 0, against the sum of the losses. Default 1.
 * @throws OptionError where lengths differ or nothing is verified.
 * @example const sure = applyCalibration(calibrateSuspicion(verifiedScores, wrong), scores);
 */
export function calibrateSuspicion(
  suspicion: ArrayLike<number>,
  wrong: ArrayLike<number>,
  strength = 1,
): SuspicionCalibration {
  if (suspicion.length !== wrong.length)
    throw new OptionError(`calibrateSuspicion: ${suspicion.length} scores for ${wrong.length} verdicts`);
  if (wrong.length === 0) throw new OptionError('calibrateSuspicion: nothing is verified. Verify some labels');
  const x = Array.from(suspicion, logit);
  const [slope, offset] = minimize(
    ([a, b]) => {
      const gradient = [2 * strength * (a! - 1), 2 * strength * b!];
      let value = strength * ((a! - 1) ** 2 + b! ** 2);
      x.forEach((one, i) => {
        const z = a! * one + b!;
        const p = 1 / (1 + Math.exp(-z));
        value += Math.max(z, 0) - z * wrong[i]! + Math.log1p(Math.exp(-Math.abs(z)));
        gradient[0]! += (p - wrong[i]!) * one;
        gradient[1]! += p - wrong[i]!;
      });
      return { value, gradient };
    },
    [1, 0],
  );
  return { slope: slope!, offset: offset! };
}

/** Calibrated probabilities of being wrong. */
export function applyCalibration({ slope, offset }: SuspicionCalibration, suspicion: ArrayLike<number>): Float64Array {
  return Float64Array.from(suspicion, (p) => 1 / (1 + Math.exp(-(slope * logit(p) + offset))));
}
