import type { Dataset } from '@selfcure/core';
import { randomStream } from '@selfcure/core';

import { checkChoice, checkRange, checkSeed } from '../error/check.ts';
import { chooseFlips } from './flips.ts';
import type { NoiseMode, NoisyDataset } from './noisy-dataset.ts';
import { withNoise } from './noisy-dataset.ts';

/** Options of {@link symmetricNoise}. */
export interface SymmetricNoiseOptions {
  /** Share of the samples that draw a new label, 0 to 1. */
  readonly rate: number;
  readonly seed: number;
  /** `'exact'` (default): round(rate x N) samples; `'bernoulli'`: each sample with probability rate, as in SCN's published files. */
  readonly mode?: NoiseMode;
  /** Draw among the other classes only (default true). With false the old label can be drawn again, and the realised rate is lower. */
  readonly excludeSelf?: boolean;
}

/**
 * Symmetric (uniform) label noise: a share of the samples takes a label drawn evenly from the other classes, as in the
 * noise study of the SCN paper (table 2).
 *
 * @returns a new data set with `truth` and `noise`; the given one is untouched.
 * @throws DataError where an option is out of range.
 * @example
 * const noisy = symmetricNoise(facesDataset({ samples: 4000, seed: 1 }), { rate: 0.3, seed: 2 });
 * noisy.noise.rate; // 0.3
 */
export function symmetricNoise(
  data: Dataset,
  { rate, seed, mode = 'exact', excludeSelf = true }: SymmetricNoiseOptions,
): NoisyDataset {
  checkRange('rate', rate, 0, 1);
  checkSeed(seed);
  checkChoice('mode', mode, ['exact', 'bernoulli']);
  const classes = data.classes.length;
  const flips = chooseFlips(new Float64Array(data.size).fill(rate), {
    count: Math.round(rate * data.size),
    mode,
    seed,
    purpose: 'noise/symmetric',
  });
  const labels = data.labels.slice();
  for (let i = 0; i < data.size; i++) {
    if (flips[i] === 0) continue;
    const draw = randomStream({ seed, purpose: 'noise/symmetric/label', sample: i });
    if (excludeSelf) {
      const other = draw.integer(classes - 1);
      labels[i] = other < labels[i]! ? other : other + 1;
    } else {
      labels[i] = draw.integer(classes);
    }
  }
  return withNoise(data, labels, 'symmetric', seed);
}
