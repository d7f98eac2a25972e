import { DataError } from '../error/data-error.ts';

/** Greatest width or height that is decoded, in pixels. */
export const greatestSide = 16_384;

/** Greatest number of pixels that is decoded: 64 million, 192 MiB in three channels. */
export const greatestArea = 64_000_000;

/** Refuses sizes that no picture of a data set has, before anything is allocated for them. */
export function checkImageSize(source: string, width: number, height: number): void {
  if (width < 1 || height < 1) {
    throw new DataError({
      code: 'bad-image',
      source,
      problem: `its header says ${width} x ${height} pixels`,
      remedy: 'Restore the file from its source',
    });
  }
  if (width > greatestSide || height > greatestSide || width * height > greatestArea) {
    throw new DataError({
      code: 'too-large',
      source,
      problem: `its header says ${width} x ${height} pixels; ${greatestSide} a side and ${greatestArea} in all are read`,
      remedy: 'Restore the file from its source, or make it smaller first',
    });
  }
}
