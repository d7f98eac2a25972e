import { portableExp, randomStream } from '@selfcure/core';

/**
 * Blurs a square image in place with a Gaussian kernel; edges repeat.
 *
 * @param scratch as long as the image.
 * @param sigma standard deviation in pixels; below 0.2 nothing happens.
 */
export function blurImage(pixels: Float64Array, scratch: Float64Array, size: number, sigma: number): void {
  if (sigma < 0.2) return;
  const radius = Math.min(size - 1, Math.ceil(2.5 * sigma));
  const kernel = new Float64Array(radius + 1);
  let total = 0;
  for (let k = 0; k <= radius; k++) {
    kernel[k] = portableExp((-k * k) / (2 * sigma * sigma));
    total += (k === 0 ? 1 : 2) * kernel[k]!;
  }
  for (let k = 0; k <= radius; k++) kernel[k]! /= total;
  const pass = (from: Float64Array, to: Float64Array, along: number, across: number): void => {
    for (let line = 0; line < size; line++) {
      const start = line * across;
      for (let i = 0; i < size; i++) {
        let sum = kernel[0]! * from[start + i * along]!;
        for (let k = 1; k <= radius; k++) {
          const before = i - k < 0 ? 0 : i - k;
          const after = i + k >= size ? size - 1 : i + k;
          sum += kernel[k]! * (from[start + before * along]! + from[start + after * along]!);
        }
        to[start + i * along] = sum;
      }
    }
  };
  pass(pixels, scratch, 1, size);
  pass(scratch, pixels, size, 1);
}

/**
 * Adds noise and rounds to bytes.
 *
 * The noise of a pixel is the centred sum of the four bytes of one random word (near enough to a normal deviate for a
 * sensor, and many times cheaper).
 *
 * @param sigma standard deviation of the noise in gray levels.
 */
export function exposeImage(pixels: Float64Array, out: Uint8Array, sigma: number, seed: number, sample: number): void {
  const stream = randomStream({ seed, purpose: 'faces/noise', sample });
  // A byte has the variance (256^2 - 1) / 12; four of them have four times as much.
  const gain = sigma / Math.sqrt((256 * 256 - 1) / 3);
  for (let k = 0; k < out.length; k++) {
    let value = pixels[k]!;
    if (sigma > 0) {
      const word = stream.uint32();
      value += gain * ((word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24) - 510);
    }
    out[k] = value <= 0 ? 0 : value >= 255 ? 255 : Math.floor(value + 0.5);
  }
}
