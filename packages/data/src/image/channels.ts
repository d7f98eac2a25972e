import type { DecodedImage } from './image.ts';

/**
 * The picture with one or three channels. Gray is ITU-R 601 luma in whole numbers, as Pillow computes it:
 * (19595 R + 38470 G + 7471 B + 32768) / 65536, cut down. Three channels of a gray picture are equal.
 */
export function withChannels(image: DecodedImage, channels: 1 | 3): DecodedImage {
  if (image.channels === channels) return image;
  const { width, height, data } = image;
  const out = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    if (channels === 3) out.fill(data[i]!, 3 * i, 3 * i + 3);
    else out[i] = (19595 * data[3 * i]! + 38470 * data[3 * i + 1]! + 7471 * data[3 * i + 2]! + 32768) >>> 16;
  }
  return { width, height, channels, data: out };
}
