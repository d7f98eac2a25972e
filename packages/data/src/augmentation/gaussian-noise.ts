import type { Augmentation } from '@selfcure/core';
import { randomStream } from '@selfcure/core';

import { checkRange } from '../error/check.ts';

/** Options of {@link gaussianNoise}. */
export interface GaussianNoiseOptions {
  /** Variance in squared gray levels. Default 30, as in SCN's official code. */
  readonly variance?: number;
  /** Probability that an image gets noise. Default 1. */
  readonly probability?: number;
}

/**
 * Adds independent normal noise to every value of an image, rounded and clipped to 0..255.
 *
 * @throws DataError where an option is out of range.
 * @example gaussianNoise({ variance: 30 });
 */
export function gaussianNoise({ variance = 30, probability = 1 }: GaussianNoiseOptions = {}): Augmentation {
  checkRange('variance', variance, 0, 65_025);
  checkRange('probability', probability, 0, 1);
  const deviation = Math.sqrt(variance);
  return {
    name: 'gaussian-noise',
    options: { variance, probability },
    apply(image, _shape, key) {
      const stream = randomStream({ ...key, purpose: 'augment/gaussian-noise' });
      if (variance === 0 || !(stream.uniform() < probability)) return image;
      return image.map((value) => Math.min(255, Math.max(0, Math.round(value + deviation * stream.normal()))));
    },
  };
}
