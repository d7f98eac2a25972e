import type { Dataset } from '@selfcure/core';
import { checkWhole } from '../error/check.ts';

/** Options of {@link cachedImages}. */
export interface CachedImagesOptions {
  /** Bytes that pixels may take. Default 512 MiB: 17,000 pictures of 100 x 100 in colour. */
  readonly maxBytes?: number;
}

/**
 * The same data set with pixels kept in memory once they were read, so that pictures in files are decoded once and not once
 * an epoch. Of a set that does not fit, the samples with the lowest ids are kept and the others read anew each time; what is
 * read is the same, whatever is kept.
 *
 * @throws DataError where an option is out of range.
 * @example const train = cachedImages(await tableDataset(table, { split: 'train', size: 100 }));
 */
export function cachedImages<Data extends Dataset>(
  data: Data,
  { maxBytes = 512 * 1024 * 1024 }: CachedImagesOptions = {},
): Data {
  checkWhole('maxBytes', maxBytes, 0);
  const area = data.shape[0] * data.shape[1] * data.shape[2];
  const kept = Math.min(data.size, Math.floor(maxBytes / area));
  const pixels = new Uint8Array(kept * area);
  const known = new Uint8Array(kept);
  const read = async (ids: ArrayLike<number>): Promise<Uint8Array> => {
    const wanted = Array.from(ids);
    // Fixed before anything is awaited: another read may be under way.
    const isMissing = wanted.map((id) => known[id] !== 1);
    const missing = wanted.filter((_, i) => isMissing[i]);
    const fresh = missing.length > 0 ? await data.read(missing) : new Uint8Array(0);
    const out = new Uint8Array(wanted.length * area);
    let next = 0;
    for (const [i, id] of wanted.entries()) {
      const from = isMissing[i] ? fresh : pixels;
      const at = (isMissing[i] ? next++ : id) * area;
      const image = from.subarray(at, at + area);
      out.set(image, i * area);
      if (isMissing[i] && id < kept) {
        pixels.set(image, id * area);
        known[id] = 1;
      }
    }
    return out;
  };
  // Descriptors, since the fingerprint may be a getter that is costly to ask.
  return Object.defineProperties(
    {},
    {
      ...Object.getOwnPropertyDescriptors(data),
      read: { value: read, enumerable: true },
    },
  ) as Data;
}
