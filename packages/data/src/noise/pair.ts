import type { Dataset } from '@selfcure/core';

import { checkLength, checkRange } from '../error/check.ts';
import { DataError } from '../error/data-error.ts';
import { transitionNoise } from './class-conditional.ts';
import type { NoiseMode, NoisyDataset } from './noisy-dataset.ts';

/** Options of {@link pairNoise}. */
export interface PairNoiseOptions {
  /** Share of the samples of every class that flip, 0 to 1. */
  readonly rate: number;
  readonly seed: number;
  /** Class that each class flips to; its own number leaves a class clean. Default: the next one, the last to the first. */
  readonly pairs?: readonly number[];
  /** See {@link ClassConditionalNoiseOptions.mode}. Default `'exact'`. */
  readonly mode?: NoiseMode;
}

/**
 * Pair-flip label noise: a share of each class takes the label of one other class, as annotators confuse similar
 * classes (the "pair" setting of the co-teaching paper, Han et al. 2018).
 *
 * @returns a new data set with `truth` and `noise`; the given one is untouched.
 * @throws DataError where the rate or a pair is out of range.
 * @example
 * // angry -> disgust, disgust -> fear, …
 * const noisy = pairNoise(facesDataset({ samples: 4000, seed: 1 }), { rate: 0.2, seed: 2 });
 */
export function pairNoise(data: Dataset, { rate, seed, pairs, mode = 'exact' }: PairNoiseOptions): NoisyDataset {
  checkRange('rate', rate, 0, 1);
  const classes = data.classes.length;
  const targets = pairs ?? Array.from({ length: classes }, (_, c) => (c + 1) % classes);
  checkLength('pairs', targets.length, classes, `one class for each of ${classes}`);
  const matrix = targets.map((target, c) => {
    if (!Number.isInteger(target) || target < 0 || target >= classes) {
      throw new DataError({
        code: 'bad-option',
        source: `pairs[${c}]`,
        problem: `${target} is no class`,
        remedy: `Pass a whole number in [0, ${classes})`,
      });
    }
    return Array.from({ length: classes }, (_, k) =>
      target === c ? Number(k === c) : k === c ? 1 - rate : k === target ? rate : 0,
    );
  });
  return transitionNoise(data, { matrix, seed, mode }, 'pair');
}
