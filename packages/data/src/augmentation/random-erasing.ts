import type { Augmentation } from '@selfcure/core';
import { portableExp, portableLog, randomStream } from '@selfcure/core';

import { checkInterval, checkRange } from '../error/check.ts';

/** Options of {@link randomErasing}. */
export interface RandomErasingOptions {
  /** Probability that an image loses a rectangle. Default 0.5. */
  readonly probability?: number;
  /** Share of the area to erase, drawn evenly. Default [0.02, 0.25], as in SCN's official code. */
  readonly scale?: readonly [low: number, high: number];
  /** Height / width of the rectangle, drawn evenly on a logarithmic scale. Default [0.3, 3.3] (Zhong et al. 2020). */
  readonly ratio?: readonly [low: number, high: number];
  /** Gray level to fill with, 0 to 255. Default 128, near the mean of most data. */
  readonly value?: number;
}

/** Tries to fit a rectangle before an image stays whole. */
const tries = 10;

/**
 * Random erasing (Zhong et al. 2020): fills a random rectangle with one gray level.
 *
 * @throws DataError where an option is out of range.
 * @example randomErasing({ probability: 0.5, scale: [0.02, 0.25] });
 */
export function randomErasing({
  probability = 0.5,
  scale = [0.02, 0.25],
  ratio = [0.3, 3.3],
  value = 128,
}: RandomErasingOptions = {}): Augmentation {
  checkRange('probability', probability, 0, 1);
  checkInterval('scale', scale, 0, 1);
  checkInterval('ratio', ratio, 0.01, 100);
  checkRange('value', value, 0, 255);
  const lowRatio = portableLog(ratio[0]);
  const highRatio = portableLog(ratio[1]);
  return {
    name: 'random-erasing',
    options: { probability, scale, ratio, value },
    apply(image, [height, width, channels], key) {
      const stream = randomStream({ ...key, purpose: 'augment/random-erasing' });
      if (!(stream.uniform() < probability)) return image;
      for (let attempt = 0; attempt < tries; attempt++) {
        const area = (scale[0] + (scale[1] - scale[0]) * stream.uniform()) * height * width;
        const aspect = portableExp(lowRatio + (highRatio - lowRatio) * stream.uniform());
        const h = Math.round(Math.sqrt(area * aspect));
        const w = Math.round(Math.sqrt(area / aspect));
        if (h < 1 || w < 1 || h > height || w > width) continue;
        const top = stream.integer(height - h + 1);
        const left = stream.integer(width - w + 1);
        const out = image.slice();
        for (let y = top; y < top + h; y++) {
          out.fill(value, (y * width + left) * channels, (y * width + left + w) * channels);
        }
        return out;
      }
      return image;
    },
  };
}
