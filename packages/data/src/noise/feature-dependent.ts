import type { Dataset } from '@selfcure/core';
import { portableExp, randomStream } from '@selfcure/core';

import { checkChoice, checkLength, checkRange, checkSeed, checkWhole } from '../error/check.ts';
import { DataError } from '../error/data-error.ts';
import { drawLabel } from './class-conditional.ts';
import { chooseFlips } from './flips.ts';
import type { NoiseMode, NoisyDataset } from './noisy-dataset.ts';
import { withNoise } from './noisy-dataset.ts';

/** Features of every sample, one row after another. */
export interface FeatureRows {
  /** N x width values, row-major. */
  readonly values: ArrayLike<number>;
  readonly width: number;
}

/** Options of {@link featureDependentNoise}; of `score`, `probabilities` and `features` at most one. */
export interface FeatureDependentNoiseOptions {
  /** Share of wrong labels to reach on average, 0 to 0.8. */
  readonly rate: number;
  readonly seed: number;
  /** How easily each sample is mistaken, 0 or more; length N. Default: the data set's `ambiguity`. */
  readonly score?: ArrayLike<number>;
  /** What an annotator sees: P(class) for every sample, N x C. Doubt about the given class makes a flip likely, and the new class is drawn from the rest. */
  readonly probabilities?: ArrayLike<number>;
  /** Features of every sample; flips gather in one region of them. */
  readonly features?: FeatureRows;
  /** `'exact'` (default): round(rate x N) flips; `'bernoulli'`: each sample draws for itself. */
  readonly mode?: NoiseMode;
}

/** No sample flips more often than this, and every sample flips at least this often. */
const most = 0.9;
const least = 0.01;

/**
 * Feature-dependent label noise: what is hard to tell is labelled wrong more often, as with real annotators. The
 * probability of a flip is min(0.9, k x score + 0.01), with k such that the mean is `rate`.
 *
 * - `score` (or the data set's ambiguity): the new class is drawn evenly from the others.
 * - `probabilities`: score = 1 - P(given class), the new class is drawn from P without the given one (an annotator who
 *   errs where a classifier doubts).
 * - `features`: score = logistic(2 z), where z is the standardized projection of the sample's standardized features on
 *   a random direction; the new class is drawn from a softmax over one random projection a class (after the
 *   instance-dependent noise of Xia et al., "Part-dependent label noise", 2020).
 *
 * @returns a new data set with `truth` and `noise`; the given one is untouched.
 * @throws DataError where no source of difficulty is given or known, lengths do not fit, or the rate cannot be reached.
 * @example
 * // ambiguous faces get the wrong labels
 * const noisy = featureDependentNoise(facesDataset({ samples: 4000, seed: 1 }), { rate: 0.2, seed: 2 });
 */
export function featureDependentNoise(data: Dataset, options: FeatureDependentNoiseOptions): NoisyDataset {
  const { rate, seed, mode = 'exact' } = options;
  checkRange('rate', rate, 0, 0.8);
  checkSeed(seed);
  checkChoice('mode', mode, ['exact', 'bernoulli']);
  const { score, targets } = difficulty(data, options);
  const labels = data.labels.slice();
  if (rate > 0) {
    const flips = chooseFlips(scaleToRate(score, rate), {
      count: Math.round(rate * data.size),
      mode,
      seed,
      purpose: 'noise/feature-dependent',
    });
    for (let i = 0; i < data.size; i++) {
      if (flips[i] === 0) continue;
      labels[i] = drawOther(
        targets(i),
        labels[i]!,
        randomStream({ seed, purpose: 'noise/feature-dependent/label', sample: i }).uniform(),
      );
    }
  }
  return withNoise(data, labels, 'feature-dependent', seed);
}

interface Difficulty {
  readonly score: Float64Array;
  /** Weights of the classes for the new label of a sample; the given class is left out later. */
  readonly targets: (sample: number) => Float64Array;
}

function difficulty(data: Dataset, { score, probabilities, features, seed }: FeatureDependentNoiseOptions): Difficulty {
  const classes = data.classes.length;
  if ([score, probabilities, features].filter((source) => source !== undefined).length > 1) {
    throw new DataError({
      code: 'bad-option',
      source: 'score, probabilities, features',
      problem: 'more than one is given',
      remedy: 'Pass the one that says which samples are hard',
    });
  }
  if (probabilities !== undefined) {
    checkLength(
      'probabilities',
      probabilities.length,
      data.size * classes,
      `${data.size} samples x ${classes} classes`,
    );
    const row = (i: number): Float64Array =>
      Float64Array.from({ length: classes }, (_, c) => probabilities[i * classes + c]!);
    return {
      score: checkScore(
        Float64Array.from(data.labels, (label, i) => 1 - row(i)[label]!),
        'probabilities',
      ),
      targets: row,
    };
  }
  if (features !== undefined) return regionOf(data, features, seed);
  const own = score ?? data.ambiguity;
  if (own === undefined) {
    throw new DataError({
      code: 'bad-option',
      source: 'score',
      problem: `nothing says which samples of '${data.name}' are hard: it has no ambiguity`,
      remedy: 'Pass score, probabilities or features',
    });
  }
  checkLength('score', own.length, data.size, `one value for each of ${data.size} samples`);
  const even = new Float64Array(classes).fill(1);
  return { score: checkScore(Float64Array.from(own), 'score'), targets: () => even };
}

function checkScore(score: Float64Array, source: string): Float64Array {
  score.forEach((value, i) => {
    if (value >= -1e-6 && value < Infinity) return;
    throw new DataError({
      code: 'bad-option',
      source,
      problem: `the score of sample ${i} is ${value}`,
      remedy: 'Pass finite values of at least 0 (probabilities between 0 and 1)',
    });
  });
  return score.map((value) => Math.max(0, value));
}

/** A half-space with a soft edge, and a linear rule for the new class. */
function regionOf(data: Dataset, { values, width }: FeatureRows, seed: number): Difficulty {
  const { size } = data;
  const classes = data.classes.length;
  checkWhole('features.width', width, 1);
  checkLength('features.values', values.length, size * width, `${size} samples x ${width} features`);
  const standard = new Float64Array(size * width);
  for (let d = 0; d < width; d++) {
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < size; i++) sum += values[i * width + d]!;
    const mean = sum / size;
    for (let i = 0; i < size; i++) squares += (values[i * width + d]! - mean) ** 2;
    const deviation = Math.sqrt(squares / size);
    for (let i = 0; i < size; i++)
      standard[i * width + d] = deviation > 0 ? (values[i * width + d]! - mean) / deviation : 0;
  }
  const direction = (purpose: string, sample: number): Float64Array => {
    const stream = randomStream({ seed, purpose, sample });
    return Float64Array.from({ length: width }, () => stream.normal() / Math.sqrt(width));
  };
  const project = (i: number, along: Float64Array): number => {
    let sum = 0;
    for (let d = 0; d < width; d++) sum += standard[i * width + d]! * along[d]!;
    return sum;
  };
  const region = direction('noise/feature-dependent/region', 0);
  const places = Float64Array.from({ length: size }, (_, i) => project(i, region));
  const spread = Math.sqrt(places.reduce((sum, place) => sum + place * place, 0) / size) || 1;
  const toClass = Array.from({ length: classes }, (_, c) => direction('noise/feature-dependent/class', c));
  return {
    score: checkScore(
      places.map((place) => 1 / (1 + portableExp((-2 * place) / spread))),
      'features',
    ),
    targets: (i) => {
      const logits = toClass.map((along) => project(i, along));
      const top = Math.max(...logits);
      return Float64Array.from(logits, (logit) => portableExp(logit - top));
    },
  };
}

/** min(most, k x score + least) with the k for which the mean is `rate`, by bisection. */
function scaleToRate(score: Float64Array, rate: number): Float64Array {
  const at = (k: number): Float64Array => score.map((value) => Math.min(most, k * value + Math.min(least, rate)));
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  let low = 0;
  let high = 1;
  while (mean(at(high)) < rate && high < 1e9) high *= 2;
  if (mean(at(high)) < rate) {
    const some = score.filter((value) => value > 0).length;
    throw new DataError({
      code: 'bad-option',
      source: 'rate',
      problem: `${rate} cannot be reached: only ${some} of ${score.length} samples have a score above 0, and none flips more than ${most} of the time`,
      remedy: 'Lower the rate or give more samples a score',
    });
  }
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (mean(at(middle)) < rate) low = middle;
    else high = middle;
  }
  return at(high);
}

/** A class by its weight, the old one left out; evenly where the others have no weight. */
function drawOther(weights: Float64Array, old: number, place: number): number {
  const others = Float64Array.from(weights, (weight, c) => (c === old ? 0 : weight));
  let total = others.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) {
    others.forEach((_, c) => (others[c] = c === old ? 0 : 1));
    total = others.length - 1;
  }
  return drawLabel(others, place * total);
}
