import type { Dataset } from './dataset.ts';
import { readAhead } from './read-ahead.ts';

/** Pixels p in 0..255 become (p - mean) / standardDeviation. */
export interface Normalization {
  readonly mean: number;
  readonly standardDeviation: number;
}

/**
 * Mean and standard deviation of all pixels of a data set, read in blocks.
 *
 * @example const normalization = await measureNormalization(data); // { mean: 128.7, standardDeviation: 65 } on FER2013
 */
export async function measureNormalization(data: Dataset): Promise<Normalization> {
  // Whole numbers: exact sums, so the order of reading does not matter.
  let count = 0;
  let sum = 0;
  let squares = 0;
  const block = 256;
  const read = async (at: number): Promise<Uint8Array> =>
    data.read(Int32Array.from({ length: Math.min(block, data.size - at * block) }, (_, i) => at * block + i));
  const next = readAhead(read, 0, Math.ceil(data.size / block));
  for (let pixels = await next(); pixels; pixels = await next()) {
    for (const pixel of pixels) {
      sum += pixel;
      squares += pixel * pixel;
      count++;
    }
  }
  const mean = sum / count;
  const variance = squares / count - mean * mean;
  return { mean, standardDeviation: variance > 0 ? Math.sqrt(variance) : 1 };
}

/**
 * Normalized pixels.
 *
 * @example normalize(pixels, { mean: 128, standardDeviation: 64 })
 */
export function normalize(pixels: Uint8Array, { mean, standardDeviation }: Normalization): Float32Array {
  const values = new Float32Array(pixels.length);
  for (let i = 0; i < values.length; i++) values[i] = (pixels[i]! - mean) / standardDeviation;
  return values;
}
