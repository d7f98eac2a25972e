import { DataError } from '../error/data-error.ts';
import type { DecodedImage } from './image.ts';

/** Part of a picture in pixels: `left` and `top` are its first column and row. */
export interface CropBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The part of a picture in a box; what reaches over its edges is left out. Places and lengths are rounded to whole pixels.
 *
 * @param source name of the picture, for the message.
 * @throws DataError `bad-image` where nothing of the picture is in the box, or the box is no box.
 */
export function cropImage(image: DecodedImage, box: CropBox, source: string): DecodedImage {
  const [left, top] = [Math.max(0, Math.round(box.left)), Math.max(0, Math.round(box.top))];
  const right = Math.min(image.width, Math.round(box.left + box.width));
  const bottom = Math.min(image.height, Math.round(box.top + box.height));
  if (!(right > left && bottom > top)) {
    throw new DataError({
      code: 'bad-image',
      source,
      problem: `no pixel of its ${image.width} x ${image.height} is in the box ${JSON.stringify(box)}`,
      remedy: 'Give boxes in pixels of the stored picture',
    });
  }
  const { channels } = image;
  const [width, height] = [right - left, bottom - top];
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * image.width + left) * channels;
    data.set(image.data.subarray(start, start + width * channels), y * width * channels);
  }
  return { width, height, channels, data };
}
