import { checkChoice, checkWhole } from '../error/check.ts';
import type { DecodedImage } from './image.ts';

/**
 * How a new pixel follows from old ones. `'area'`: the mean of the rectangle that it covers. `'bilinear'`: a triangle of
 * one new pixel each way (of one old pixel where the picture grows), so that shrinking does not alias; it is what
 * Pillow, and with it torchvision, means by bilinear.
 */
export type ResizeFilter = 'area' | 'bilinear';

/** Options of {@link resizeImage}. */
export interface ResizeOptions {
  readonly width: number;
  readonly height: number;
  /** Default `'bilinear'`. */
  readonly filter?: ResizeFilter;
}

/** For every new pixel of one axis: the first old pixel that counts, and the weights from there on, which sum to 1. */
interface Taps {
  readonly first: Int32Array;
  readonly weights: readonly Float64Array[];
}

function tapsOf(from: number, to: number, filter: ResizeFilter): Taps {
  const scale = from / to;
  const reach = filter === 'area' ? scale / 2 : Math.max(1, scale);
  const first = new Int32Array(to);
  const weights = Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const low = Math.max(0, Math.floor(centre - reach + 1e-9));
    const high = Math.min(from, Math.ceil(centre + reach - 1e-9));
    first[i] = low;
    const list = Float64Array.from({ length: Math.max(1, high - low) }, (_, k) =>
      filter === 'area'
        ? Math.min(low + k + 1, centre + reach) - Math.max(low + k, centre - reach)
        : Math.max(0, 1 - Math.abs(low + k + 0.5 - centre) / reach),
    );
    const sum = list.reduce((partial, weight) => partial + weight, 0);
    return list.map((weight) => weight / sum);
  });
  return { first, weights };
}

/**
 * A picture in another size; its proportions change with it. Rows are resampled before columns, in double precision,
 * and rounded once at the end, halves up.
 *
 * @throws DataError where a length is not a whole number of at least 1, or the filter is none.
 * @example const small = resizeImage(await portableDecoder().decode(bytes, 'face.jpg'), { width: 48, height: 48, filter: 'area' });
 */
export function resizeImage(image: DecodedImage, { width, height, filter = 'bilinear' }: ResizeOptions): DecodedImage {
  checkWhole('width', width, 1, 16_384);
  checkWhole('height', height, 1, 16_384);
  checkChoice('filter', filter, ['area', 'bilinear']);
  if (image.width === width && image.height === height) return image;
  const { channels, data } = image;
  const across = tapsOf(image.width, width, filter);
  const down = tapsOf(image.height, height, filter);
  const rows = new Float64Array(image.height * width * channels);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < width; x++) {
      const weights = across.weights[x]!;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        let at = (y * image.width + across.first[x]!) * channels + c;
        for (let k = 0; k < weights.length; k++, at += channels) sum += weights[k]! * data[at]!;
        rows[(y * width + x) * channels + c] = sum;
      }
    }
  }
  const line = width * channels;
  const out = new Uint8Array(height * line);
  for (let y = 0; y < height; y++) {
    const weights = down.weights[y]!;
    for (let i = 0; i < line; i++) {
      let sum = 0;
      let at = down.first[y]! * line + i;
      for (let k = 0; k < weights.length; k++, at += line) sum += weights[k]! * rows[at]!;
      out[y * line + i] = Math.floor(sum + 0.5);
    }
  }
  return { width, height, channels, data: out };
}

/** The largest square in the middle of a picture; of an odd margin the smaller half is on the left and above. */
export function centreSquare(image: DecodedImage): DecodedImage {
  const side = Math.min(image.width, image.height);
  if (image.width === side && image.height === side) return image;
  const left = (image.width - side) >> 1;
  const top = (image.height - side) >> 1;
  const { channels } = image;
  const data = new Uint8Array(side * side * channels);
  for (let y = 0; y < side; y++) {
    const start = ((top + y) * image.width + left) * channels;
    data.set(image.data.subarray(start, start + side * channels), y * side * channels);
  }
  return { width: side, height: side, channels, data };
}
