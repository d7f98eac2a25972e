import { binomialInterval } from '@selfcure/core';
import type { TransitionMatrix } from '@selfcure/core';
import type { Evidence } from '../evidence/evidence.ts';
import { verifiedSamples } from '../predictions.ts';
import type { JudgedSamples, VerifiedLabels } from '../predictions.ts';
import { classPosterior, trueClassProbabilities } from '../score/posterior.ts';
import { leadOfOther, rankSamples, wrongProbability } from '../score/suspicion.ts';
import { fitTemperature, temper } from '../score/temperature.ts';
import { suggestedLabels, verdicts } from '../score/verdict.ts';
import { applyCalibration, calibrateSuspicion } from '../threshold/calibrate-suspicion.ts';
import { crossFit, dealParts } from '../threshold/cross-fit.ts';
import { falseDiscoveryThreshold } from '../threshold/false-discovery.ts';
import { confidentTransition } from '../transition/confident.ts';
import { transitionFromVerified } from '../transition/from-verified.ts';
import type { TransitionEstimate } from '../transition/transition.ts';
import type { EstimatedShare, LabelJudgement, SuspectList } from './audit.ts';

/** Options of {@link judgeLabels}. */
export interface JudgeOptions {
  readonly classes: number;
  /** Given labels. Length N. */
  readonly given: ArrayLike<number>;
  readonly evidence: Evidence;
  /** Verified labels of a random choice of samples, as `chooseRandom` makes it, -1 elsewhere. Length N. Default: none. */
  readonly verified?: VerifiedLabels;
  /** Verified labels of other choices: no estimate rests on them, and their samples are not ranked. */
  readonly alsoVerified?: VerifiedLabels;
  /** False-discovery rate of the list, in (0, 1). Default 0.2. */
  readonly rate?: number;
  /** Decides how verified samples are divided for the check. Default 0. */
  readonly seed?: number;
}

/** Verified labels from which on estimates rest on them. */
export const leastVerified = 10;

/**
 * Judges given labels by what a network says of them: scores, probability of being wrong, verdicts, suggestions, transition matrix, and the
 * list that keeps a false-discovery rate. Averaged probabilities are too flat: they are tempered so that they explain the given labels.
 *
 * With verified labels the matrix is theirs, and the probability of being wrong is calibrated on them. Calibration and check see for
 * each verified sample only what was estimated without it. Without (or with fewer than 10) the matrix is the confident joint's,
 * and the rate rests on the network's own probabilities: `list.basis` says so.
 *
 * @throws OptionError where arrays do not fit or the rate is out of range.
 * @example judgeLabels({ classes: 7, given: data.labels, evidence, verified, rate: 0.1 })
 */
export function judgeLabels(options: JudgeOptions): LabelJudgement {
  const { classes, given, evidence, rate = 0.2 } = options;
  const none = new Int32Array(given.length).fill(-1);
  const { verified = none, alsoVerified = none } = options;
  const known = verifiedSamples('judgeLabels', verified, given.length, classes);
  verifiedSamples('judgeLabels', alsoVerified, given.length, classes);
  const samples = { classes, given, probabilities: evidence.probabilities };
  const measured = known.length >= leastVerified;
  const transition = measured ? fromVerified(options, verified) : confidentTransition(samples);
  const { probabilities, temperature } = trueClasses(samples, transition.matrix, measured);
  const posterior = classPosterior({ classes, given, probabilities, transition: transition.matrix });
  const tempered = wrongProbability(posterior, given, classes);
  // A rough matrix ranks better by the flat probabilities, and promises better by the tempered ones.
  const raw = measured
    ? tempered
    : wrongProbability(classPosterior({ ...samples, transition: transition.matrix }), given, classes);
  const checked = measured ? crossChecked(options, verified, known, temperature) : null;
  const calibration = checked?.calibration ?? calibrateSuspicion(raw, tempered);
  const suspicion = applyCalibration(calibration, raw);
  const free = [...raw.keys()].filter((i) => verified[i] === -1 && alsoVerified[i] === -1);
  const cut = falseDiscoveryThreshold(
    Float64Array.from(free, (i) => suspicion[i]!),
    rate,
  );
  const list: SuspectList = {
    ...cut,
    rate,
    calibration,
    check: checked && checkedShare(checked, cut.threshold),
    basis: checked
      ? `calibrated on ${known.length} verified labels`
      : "it rests on the network's own probabilities, which no verified label confirms: verify some with 'selfcure review'",
  };
  return {
    scores: {
      posterior: raw,
      givenProbability: Float64Array.from(given, (label, i) => 1 - evidence.probabilities[i * classes + label]!),
      margin: leadOfOther(samples),
      loss: Float64Array.from(evidence.loss),
      ...(evidence.importance && { importance: Float64Array.from(evidence.importance, (alpha) => -alpha) }),
      ...(evidence.foldDisagreement && { foldDisagreement: Float64Array.from(evidence.foldDisagreement) }),
    },
    suspicion,
    posterior,
    suggested: suggestedLabels(posterior, given.length, classes),
    verdicts: verdicts({ posterior, given, classes, suspicion, threshold: cut.threshold }),
    order: rankSamples(Float64Array.from(free, (i) => suspicion[i]!)).map((place) => free[place]!),
    transition,
    temperature,
    noise: measured ? countedNoise(given, verified, known) : estimatedNoise(transition),
    list,
  };
}

/** Probabilities of true classes that explain the given labels. */
function trueClasses(
  samples: JudgedSamples,
  transition: TransitionMatrix,
  measured: boolean,
): { probabilities: Float64Array; temperature: number } {
  // A rough matrix undoes nothing.
  const probabilities = trueClassProbabilities(samples.probabilities, transition, measured ? undefined : 0);
  const temperature = fitTemperature({ ...samples, probabilities, transition });
  return { probabilities: temper(probabilities, samples.classes, temperature), temperature };
}

const fromVerified = (
  { given, classes }: Pick<JudgeOptions, 'given' | 'classes'>,
  verified: VerifiedLabels,
): TransitionEstimate => transitionFromVerified({ given, classes, verified, stratified: true });

/** Verified samples judged without themselves. */
interface Checked {
  readonly calibration: { readonly slope: number; readonly offset: number };
  /** Calibrated probability of being wrong, and whether the label is right; one a verified sample. */
  readonly suspicion: Float64Array;
  readonly right: readonly boolean[];
}

function crossChecked(
  { classes, given, evidence, seed = 0 }: JudgeOptions,
  verified: VerifiedLabels,
  known: readonly number[],
  temperature: number,
): Checked {
  const partOf = dealParts(known.length, seed);
  const wrong = known.map((sample) => (given[sample] === verified[sample] ? 0 : 1));
  const raw = crossFit(partOf, (rest) => {
    const some = new Int32Array(given.length).fill(-1);
    for (const place of rest) some[known[place]!] = verified[known[place]!]!;
    const { matrix } = fromVerified({ classes, given }, some);
    return (place) => {
      const sample = known[place]!;
      const observed = evidence.probabilities.subarray(sample * classes, (sample + 1) * classes);
      const probabilities = temper(trueClassProbabilities(observed, matrix), classes, temperature);
      const posterior = classPosterior({ classes, given: [given[sample]!], probabilities, transition: matrix });
      return 1 - posterior[given[sample]!]!;
    };
  });
  const fit = (places: readonly number[]) =>
    calibrateSuspicion(
      places.map((place) => raw[place]!),
      places.map((place) => wrong[place]!),
    );
  return {
    calibration: fit([...raw.keys()]),
    suspicion: crossFit(partOf, (rest) => {
      const calibration = fit(rest);
      return (place) => applyCalibration(calibration, [raw[place]!])[0]!;
    }),
    right: wrong.map((one) => one === 0),
  };
}

function checkedShare({ suspicion, right }: Checked, threshold: number): SuspectList['check'] {
  const inside = right.filter((_, place) => suspicion[place]! >= threshold);
  const count = inside.filter((one) => one).length;
  return { count, of: inside.length, ...binomialInterval(count, inside.length) };
}

function countedNoise(given: ArrayLike<number>, verified: VerifiedLabels, known: readonly number[]): EstimatedShare {
  const wrong = known.filter((sample) => given[sample] !== verified[sample]).length;
  return {
    share: wrong / known.length,
    ...binomialInterval(wrong, known.length),
    basis: `${wrong} of ${known.length} labels that were verified at random are wrong`,
  };
}

/** Share of wrong labels by a matrix, and two standard errors of its diagonal. */
function estimatedNoise({ matrix, standardError, trueShare, basis }: TransitionEstimate): EstimatedShare {
  const share = trueShare.reduce((sum, of, c) => sum + of * (1 - matrix[c]![c]!), 0);
  const error = Math.sqrt(trueShare.reduce((sum, of, c) => sum + (of * standardError[c]![c]!) ** 2, 0));
  return { share, low: Math.max(0, share - 1.96 * error), high: Math.min(1, share + 1.96 * error), basis };
}
