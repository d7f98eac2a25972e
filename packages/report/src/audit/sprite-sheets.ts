import type { Dataset } from '@selfcure/core';
import { base64, encodePng } from '../png.ts';
import type { Deflate } from '../png.ts';

/** Thumbnails in sheets. */
export interface SpriteSheets {
  /** Columns and rows of a sheet; the last one may have fewer rows. */
  readonly columns: number;
  readonly rows: number;
  /** Size of a thumbnail in pixels. */
  readonly width: number;
  readonly height: number;
  /** PNG images as data URIs. */
  readonly sheets: readonly string[];
}

const columns = 20;
const rows = 10;
/** Bytes of all thumbnails together, beside which they shrink, and bounds of their longer side. */
const budget = 12_000_000;
const longest = 96;
const shortest = 24;

/**
 * Thumbnails of some samples, in order: sheet k holds the samples 200 k to 200 k + 199 row by row. Many thumbnails are smaller, so that
 * a page of thousands stays below about 20 MB.
 */
export async function spriteSheets(
  data: Pick<Dataset, 'shape' | 'read'>,
  samples: readonly number[],
  deflate?: Deflate,
): Promise<SpriteSheets> {
  const { shape } = data;
  const [height, width, channels] = shape;
  const kept = channels >= 3 ? 3 : 1;
  const side = Math.max(height, width);
  const affordable = Math.floor(Math.sqrt(budget / (Math.max(1, samples.length) * kept)));
  const scale = Math.min(1, Math.max(shortest, Math.min(longest, affordable)) / side);
  const small = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  const area = height * width * channels;
  const sheets: string[] = [];
  for (let start = 0; start < samples.length; start += columns * rows) {
    const some = samples.slice(start, start + columns * rows);
    const used = Math.ceil(some.length / columns);
    const sheet = new Uint8Array(columns * small.width * used * small.height * kept);
    const pixels = await data.read(some);
    some.forEach((_, i) => {
      const image = pixels.subarray(i * area, (i + 1) * area);
      const left = (i % columns) * small.width;
      const top = Math.floor(i / columns) * small.height;
      for (let y = 0; y < small.height; y++)
        for (let x = 0; x < small.width; x++)
          for (let c = 0; c < kept; c++)
            sheet[((top + y) * columns * small.width + left + x) * kept + c] = average(image, shape, small, y, x, c);
    });
    const png = encodePng(sheet, columns * small.width, used * small.height, kept, deflate);
    sheets.push(`data:image/png;base64,${base64(png)}`);
  }
  return { columns, rows, ...small, sheets };
}

/** Mean of the pixels that one of a smaller image covers. */
function average(
  image: Uint8Array,
  [height, width, channels]: Dataset['shape'],
  small: { readonly width: number; readonly height: number },
  y: number,
  x: number,
  channel: number,
): number {
  const [top, left] = [Math.floor((y * height) / small.height), Math.floor((x * width) / small.width)];
  const bottom = Math.max(top + 1, Math.floor(((y + 1) * height) / small.height));
  const right = Math.max(left + 1, Math.floor(((x + 1) * width) / small.width));
  let sum = 0;
  for (let row = top; row < bottom; row++)
    for (let column = left; column < right; column++) sum += image[(row * width + column) * channels + channel]!;
  return Math.round(sum / ((bottom - top) * (right - left)));
}
