import type { Dataset } from '@selfcure/core';

import { imagePrint, nearIndex } from '../inspect/difference-hash.ts';
import type { NearLimits } from '../inspect/difference-hash.ts';
import type { SampleOf } from './identical-images.ts';

/** Images to read at once. */
const block = 256;
/** Sides from which on the difference hash, 9 x 8 places, tells pictures apart. */
const leastSide = 16;

/**
 * Groups of images that look alike, within one data set and across several: copies that were scaled, compressed or lightened, and identical ones. Every image is
 * compared with the first of each group. Small images, and data that are no pictures (features), have no groups here: `identicalImages` finds
 * their copies.
 *
 * @param sets with images of one shape.
 * @param limits how far images of a group may be from its first. Default 3 of 64 bits of the difference hash, 6 gray levels on average.
 * @returns groups of two or more, in order of their first sample.
 * @example const groups = await similarImages([data, test], { bits: 2 });
 */
export async function similarImages(sets: readonly Dataset[], limits: NearLimits = {}): Promise<SampleOf[][]> {
  const index = nearIndex(limits);
  const members: SampleOf[] = [];
  const groups = new Map<number, SampleOf[]>();
  for (const [set, data] of sets.entries()) {
    const [height, width, channels] = data.shape;
    if ((channels !== 1 && channels !== 3) || Math.min(height, width) < leastSide) continue;
    const area = height * width * channels;
    for (let start = 0; start < data.size; start += block) {
      const count = Math.min(block, data.size - start);
      const pixels = await data.read(Int32Array.from({ length: count }, (_, i) => start + i));
      for (let i = 0; i < count; i++) {
        const one = { set, sample: start + i };
        const first = index.seen(
          members.push(one) - 1,
          imagePrint({ height, width, channels, data: pixels.subarray(i * area, (i + 1) * area) }),
        );
        if (first === undefined) continue;
        const group = groups.get(first);
        if (group) group.push(one);
        else groups.set(first, [members[first]!, one]);
      }
    }
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group);
}
