import type { Augmentation } from '@selfcure/core';
import { randomStream } from '@selfcure/core';

import { checkRange } from '../error/check.ts';

/**
 * Mirrors an image left to right with the given probability, 0 to 1; by default 0.5.
 *
 * @throws DataError where the probability is out of range.
 * @example horizontalFlip().apply(image, [48, 48, 1], { seed: 0, epoch: 1, sample: 7 });
 */
export function horizontalFlip({ probability = 0.5 }: { readonly probability?: number } = {}): Augmentation {
  checkRange('probability', probability, 0, 1);
  return {
    name: 'horizontal-flip',
    options: { probability },
    apply(image, [height, width, channels], key) {
      if (!(randomStream({ ...key, purpose: 'augment/horizontal-flip' }).uniform() < probability)) return image;
      const out = new Uint8Array(image.length);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const from = (y * width + width - 1 - x) * channels;
          const to = (y * width + x) * channels;
          for (let c = 0; c < channels; c++) out[to + c] = image[from + c]!;
        }
      }
      return out;
    },
  };
}
