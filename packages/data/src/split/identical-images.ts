import type { Dataset } from '@selfcure/core';

/** A sample of one of several data sets. */
export interface SampleOf {
  /** Place of the data set in the list. */
  readonly set: number;
  readonly sample: number;
}

/** Images to read at once. */
const block = 256;

/**
 * Groups of byte-identical images, within one data set and across several. Reads every image once, and those that may be alike once more; keeps
 * a few bytes an image.
 *
 * @param sets with images of one shape.
 * @returns groups of two or more, in order of their first sample.
 * @example const [first] = await identicalImages([data, test]); // [{ set: 0, sample: 17 }, { set: 1, sample: 3 }]
 */
export async function identicalImages(sets: readonly Dataset[]): Promise<SampleOf[][]> {
  const byKey = new Map<string, SampleOf[]>();
  for (const [set, data] of sets.entries()) {
    const area = data.shape.reduce((product, length) => product * length, 1);
    for (let start = 0; start < data.size; start += block) {
      const count = Math.min(block, data.size - start);
      const pixels = await data.read(Int32Array.from({ length: count }, (_, i) => start + i));
      for (let i = 0; i < count; i++) {
        const key = `${area} ${keyOf(pixels.subarray(i * area, (i + 1) * area))}`;
        const alike = byKey.get(key);
        if (alike) alike.push({ set, sample: start + i });
        else byKey.set(key, [{ set, sample: start + i }]);
      }
    }
  }
  const groups: SampleOf[][] = [];
  for (const alike of byKey.values()) if (alike.length > 1) groups.push(...(await partByBytes(sets, alike)));
  return groups.sort(([a], [b]) => a!.set - b!.set || a!.sample - b!.sample);
}

/** Two hashes of 32 bits (FNV-1a from different starts). */
function keyOf(bytes: Uint8Array): string {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < bytes.length; i++) {
    a = Math.imul(a ^ bytes[i]!, 0x01000193);
    b = Math.imul(b ^ bytes[bytes.length - 1 - i]!, 0x01000193);
  }
  return `${a >>> 0} ${b >>> 0}`;
}

/** Samples of one key by their bytes: equal keys are no proof. */
async function partByBytes(sets: readonly Dataset[], alike: readonly SampleOf[]): Promise<SampleOf[][]> {
  const parts: { bytes: Uint8Array; members: SampleOf[] }[] = [];
  for (const one of alike) {
    const bytes = (await sets[one.set]!.read([one.sample])).slice();
    const part = parts.find((other) => other.bytes.every((byte, i) => byte === bytes[i]));
    if (part) part.members.push(one);
    else parts.push({ bytes, members: [one] });
  }
  return parts.map(({ members }) => members).filter(({ length }) => length > 1);
}
