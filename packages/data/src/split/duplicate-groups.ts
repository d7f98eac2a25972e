import type { Dataset } from '@selfcure/core';

import { knownGroups } from '../set/data-set.ts';
import { identicalImages } from './identical-images.ts';

/**
 * Which samples have the same image, byte for byte. Reads every image ({@link identicalImages}), unless the data set already knows
 * its groups (FER and procedural sets, and what is derived from them).
 *
 * @returns first sample of the group of every sample, its own id where the image is unique. Length N.
 * @example
 * const groups = await duplicateGroups(data);
 * const copies = groups.filter((first, id) => first !== id).length;
 */
export async function duplicateGroups(data: Dataset): Promise<Int32Array> {
  const known = knownGroups(data);
  if (known !== undefined) return known.slice();
  const first = Int32Array.from({ length: data.size }, (_, id) => id);
  for (const group of await identicalImages([data])) for (const { sample } of group) first[sample] = group[0]!.sample;
  return first;
}
