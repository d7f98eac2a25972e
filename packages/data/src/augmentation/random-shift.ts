import type { Augmentation } from '@selfcure/core';
import { randomStream } from '@selfcure/core';

import { checkWhole } from '../error/check.ts';

/**
 * Moves an image by a whole number of pixels each way, drawn evenly from -pixels to pixels; the edge repeats into what
 * becomes free. The same as padding by `pixels` and cropping at random. `pixels` is 4 by default.
 *
 * @throws DataError where pixels is not a whole number of at least 0.
 * @example randomShift({ pixels: 4 }).apply(image, [48, 48, 1], { seed: 0, epoch: 1, sample: 7 });
 */
export function randomShift({ pixels = 4 }: { readonly pixels?: number } = {}): Augmentation {
  checkWhole('pixels', pixels, 0, 10_000);
  return {
    name: 'random-shift',
    options: { pixels },
    apply(image, [height, width, channels], key) {
      const stream = randomStream({ ...key, purpose: 'augment/random-shift' });
      const down = stream.integer(2 * pixels + 1) - pixels;
      const right = stream.integer(2 * pixels + 1) - pixels;
      if (down === 0 && right === 0) return image;
      const out = new Uint8Array(image.length);
      for (let y = 0; y < height; y++) {
        const row = Math.min(height - 1, Math.max(0, y - down));
        for (let x = 0; x < width; x++) {
          const from = (row * width + Math.min(width - 1, Math.max(0, x - right))) * channels;
          const to = (y * width + x) * channels;
          for (let c = 0; c < channels; c++) out[to + c] = image[from + c]!;
        }
      }
      return out;
    },
  };
}
