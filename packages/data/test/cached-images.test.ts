import type { Dataset } from '@selfcure/core';
import { cachedImages } from '@selfcure/data';
import { expect, it } from 'vitest';
import { refusal } from './data-tree.ts';

/** Samples whose four pixels are their id, with a log of what was read. */
function logged(): { data: Dataset; log: number[][] } {
  const log: number[][] = [];
  const data: Dataset = {
    name: 'numbers',
    size: 6,
    classes: ['a', 'b'],
    shape: [2, 2, 1],
    labels: new Int32Array(6),
    get fingerprint() {
      return 'costly';
    },
    async read(ids) {
      log.push(Array.from(ids));
      await new Promise((resolve) => setTimeout(resolve, 2));
      return Uint8Array.from(Array.from(ids).flatMap((id) => [id, id, id, id]));
    },
  };
  return { data, log };
}
const firsts = (pixels: Uint8Array): number[] => [...pixels].filter((_, i) => i % 4 === 0);

it('reads every picture once and gives the same pixels in the order that was asked for', async () => {
  const { data, log } = logged();
  const cached = cachedImages(data);
  expect(firsts(await cached.read([4, 1]))).toEqual([4, 1]);
  expect(firsts(await cached.read([1, 5, 4, 1]))).toEqual([1, 5, 4, 1]);
  expect(firsts(await cached.read([4, 5]))).toEqual([4, 5]);
  expect(log).toEqual([[4, 1], [5]]);
  expect({ ...cached }).toMatchObject({ name: 'numbers', size: 6, fingerprint: 'costly' });
});

it('is right for reads that overlap and for a picture asked for twice', async () => {
  const { data } = logged();
  const cached = cachedImages(data);
  const both = await Promise.all([cached.read([0, 3, 3]), cached.read([3, 0, 2])]);
  expect(both.map(firsts)).toEqual([
    [0, 3, 3],
    [3, 0, 2],
  ]);
});

it('keeps only the pictures that fit', async () => {
  const { data, log } = logged();
  const cached = cachedImages(data, { maxBytes: 11 });
  for (const _ of [0, 1]) expect(firsts(await cached.read([0, 1, 2, 5]))).toEqual([0, 1, 2, 5]);
  expect(log).toEqual([
    [0, 1, 2, 5],
    [2, 5],
  ]);
  expect((await refusal(() => cachedImages(data, { maxBytes: -1 }))).code).toBe('bad-option');
});
