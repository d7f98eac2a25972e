import type { Dataset } from '@selfcure/core';

import { groupByBytes } from '../set/byte-groups.ts';
import { knownGroups } from '../set/data-set.ts';

/** Images to read at once. */
const batch = 256;

/**
 * Which samples have the same image, byte for byte. Reads every image once and holds them all, unless the data set
 * already knows its groups (FER and procedural sets, and what is derived from them).
 *
 * @returns first sample of the group of every sample, its own id where the image is unique. Length N.
 * @example
 * const groups = await duplicateGroups(data);
 * const copies = groups.filter((first, id) => first !== id).length;
 */
export async function duplicateGroups(data: Dataset): Promise<Int32Array> {
  const known = knownGroups(data);
  if (known !== undefined) return known.slice();
  const [height, width, channels] = data.shape;
  const area = height * width * channels;
  const pixels = new Uint8Array(data.size * area);
  for (let start = 0; start < data.size; start += batch) {
    const count = Math.min(batch, data.size - start);
    pixels.set(await data.read(Int32Array.from({ length: count }, (_, i) => start + i)), start * area);
  }
  return groupByBytes(data.size, (id) => pixels.subarray(id * area, (id + 1) * area));
}
