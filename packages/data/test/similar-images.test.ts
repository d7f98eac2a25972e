import { expect, test } from 'vitest';
import type { Dataset } from '@selfcure/core';
import { facesDataset, identicalImages, similarImages } from '@selfcure/data';

const side = 32;
const area = side * side;

/** Faces of which some are changed copies: sample k shows face `faces[k]`, changed by `change`. */
function copies(faces: readonly number[], change: (pixel: number, at: number) => number): Dataset {
  const source = facesDataset({ samples: 40, seed: 1, size: side });
  return {
    ...source,
    size: faces.length,
    labels: source.labels.subarray(0, faces.length),
    read: (ids) => {
      const images = source.read(Int32Array.from(ids, (id) => faces[id]!)).slice();
      return images.map((pixel, i) => Math.min(255, Math.max(0, Math.round(change(pixel, i % area)))));
    },
  };
}

test('lightened and slightly noisy copies are found across sets, other faces are not', async () => {
  const originals = copies(
    Array.from({ length: 30 }, (_, i) => i),
    (pixel) => pixel,
  );
  const changed = copies([3, 31, 8, 32], (pixel, at) => pixel + 3 + (at % 3) - 1);
  expect(await similarImages([originals, changed])).toEqual([
    [
      { set: 0, sample: 3 },
      { set: 1, sample: 0 },
    ],
    [
      { set: 0, sample: 8 },
      { set: 1, sample: 2 },
    ],
  ]);
  expect(await identicalImages([originals, changed])).toEqual([]);
});

test('identical images are alike, under the strictest limits too', async () => {
  const set = copies([5, 6, 5], (pixel) => pixel);
  const group = [
    { set: 0, sample: 0 },
    { set: 0, sample: 2 },
  ];
  expect(await similarImages([set], { bits: 0, levels: 0 })).toEqual([group]);
  expect(await identicalImages([set])).toEqual([group]);
});

test('what is no picture has no group', async () => {
  const set: Dataset = { ...copies([1, 1], (pixel) => pixel), shape: [1, 1, 1024] };
  expect(await similarImages([set])).toEqual([]);
});
