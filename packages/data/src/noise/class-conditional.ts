import type { Dataset } from '@selfcure/core';
import { randomStream } from '@selfcure/core';

import { checkChoice, checkSeed } from '../error/check.ts';
import { apportion } from '../split/apportion.ts';
import type { NoiseKind, NoiseMode, NoisyDataset } from './noisy-dataset.ts';
import { withNoise } from './noisy-dataset.ts';
import type { TransitionMatrix } from './transition-matrix.ts';
import { checkMatrix } from './transition-matrix.ts';

/** Options of {@link classConditionalNoise}. */
export interface ClassConditionalNoiseOptions {
  /** P(new label | old label); rows are old labels and sum to 1. */
  readonly matrix: TransitionMatrix;
  readonly seed: number;
  /** `'exact'` (default): the counts of every row follow the matrix as nearly as whole numbers can; `'bernoulli'`: each sample draws for itself. */
  readonly mode?: NoiseMode;
}

/**
 * Class-conditional (asymmetric) label noise: a label changes by a transition matrix. See {@link ferLikeMatrix} for a
 * realistic one.
 *
 * @returns a new data set with `truth` and `noise`; the given one is untouched.
 * @throws DataError where the matrix is not C x C or a row does not sum to 1.
 * @example
 * const noisy = classConditionalNoise(facesDataset({ samples: 4000, seed: 1 }), { matrix: ferLikeMatrix, seed: 2 });
 */
export function classConditionalNoise(data: Dataset, options: ClassConditionalNoiseOptions): NoisyDataset {
  return transitionNoise(data, options, 'class-conditional');
}

/** {@link classConditionalNoise} under another name. */
export function transitionNoise(
  data: Dataset,
  { matrix, seed, mode = 'exact' }: ClassConditionalNoiseOptions,
  kind: NoiseKind,
): NoisyDataset {
  checkMatrix(matrix, data.classes);
  checkSeed(seed);
  checkChoice('mode', mode, ['exact', 'bernoulli']);
  const labels = data.labels.slice();
  if (mode === 'bernoulli') {
    for (let i = 0; i < data.size; i++) {
      const row = matrix[labels[i]!]!;
      labels[i] = drawLabel(row, randomStream({ seed, purpose: `noise/${kind}/label`, sample: i }).uniform());
    }
    return withNoise(data, labels, kind, seed);
  }
  matrix.forEach((row, old) => {
    const members: number[] = [];
    data.labels.forEach((label, i) => {
      if (label === old) members.push(i);
    });
    const order = randomStream({ seed, purpose: `noise/${kind}/choose`, sample: old }).permutation(members.length);
    let next = 0;
    apportion(members.length, row).forEach((count, label) => {
      for (let k = 0; k < count; k++) labels[members[order[next++]!]!] = label;
    });
  });
  return withNoise(data, labels, kind, seed);
}

/** The class at a place of the cumulated shares; classes without a share are never drawn. */
export function drawLabel(shares: ArrayLike<number>, place: number): number {
  let sum = 0;
  let last = 0;
  for (let label = 0; label < shares.length; label++) {
    if (!(shares[label]! > 0)) continue;
    sum += shares[label]!;
    last = label;
    if (place < sum) return label;
  }
  return last;
}
