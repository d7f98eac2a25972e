import {
  arrayDataset,
  classProportionalSubset,
  DataError,
  duplicateGroups,
  identicalImages,
  facesDataset,
  groupFolds,
  holdOut,
  split,
  subset,
  symmetricNoise,
} from '@selfcure/data';
import type { Dataset } from '@selfcure/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** One pixel an image, so that equal values are duplicates. */
const setOf = (labels: readonly number[], pixels: readonly number[] = labels.map((_, i) => i), classes = 3) =>
  arrayDataset({
    images: Uint8Array.from(pixels.flatMap((value) => [value & 255, value >> 8])),
    labels,
    classes,
    shape: [1, 2, 1],
  });
const labelLists = (max: number) => fc.array(fc.nat(2), { minLength: 3, maxLength: max });
const count = (labels: ArrayLike<number>, label: number): number =>
  Array.from(labels).filter((own) => own === label).length;

describe('subset', () => {
  test('keeps every column and reads through', async () => {
    const data = arrayDataset({
      images: Uint8Array.of(10, 11, 12, 13),
      labels: [0, 1, 0, 1],
      classes: 2,
      shape: [1, 1, 1],
      truth: [1, 1, -1, 0],
      verified: [-1, 1, -1, -1],
      soft: [1, 0, 0.5, 0.5, 1, 0, 0, 1],
      ambiguity: [0, 0.25, 0.5, 1],
      groups: [0, 1, 1, 0],
    });
    const part = subset(data, [3, 1, 2]);
    expect(part).toMatchObject({ name: 'array', size: 3, classes: ['0', '1'] });
    expect([...part.ids]).toEqual([3, 1, 2]);
    expect([...part.labels]).toEqual([1, 1, 0]);
    expect([...part.truth!]).toEqual([0, 1, -1]);
    expect([...part.verified!]).toEqual([-1, 1, -1]);
    expect([...part.soft!]).toEqual([0, 1, 0.5, 0.5, 1, 0]);
    expect([...part.ambiguity!]).toEqual([1, 0.25, 0.5]);
    expect([...part.groups!]).toEqual([0, 1, 1]);
    expect([...(await part.read([2, 0]))]).toEqual([12, 13]);
    expect(part.fingerprint).not.toBe(data.fingerprint);
    expect(part.fingerprint).toBe(subset(data, [3, 1, 2]).fingerprint);
    expect(part.fingerprint).not.toBe(subset(data, [1, 3, 2]).fingerprint);
  });

  test('refuses ids that are absent, repeated or none', () => {
    const data = setOf([0, 1, 2]);
    expect(() => subset(data, [3])).toThrow(/sample id 3/);
    expect(() => subset(data, [1, 1])).toThrow(/occurs twice/);
    expect(() => subset(data, [])).toThrow(DataError);
  });
});

describe('split', () => {
  test('without duplicates: exact counts, every class within one sample of its share, no overlap', async () => {
    await fc.assert(
      fc.asyncProperty(labelLists(80), fc.nat(100), async (labels, seed) => {
        const data = setOf(labels);
        const size = labels.length;
        const train = Math.max(1, Math.floor(size / 2));
        const test = Math.max(1, Math.floor(size / 4));
        const parts = await split(data, { counts: { train, test }, seed });
        expect([parts.train.size, parts.test.size]).toEqual([train, test]);
        const ids = [...parts.train.ids, ...parts.test.ids];
        expect(new Set(ids).size).toBe(ids.length);
        expect([...parts.train.ids]).toEqual([...parts.train.ids].sort((a, b) => a - b));
        for (let label = 0; label < 3; label++) {
          expect(Math.abs(count(parts.train.labels, label) - (count(labels, label) * train) / size)).toBeLessThan(
            1 + 1e-9,
          );
          expect(Math.abs(count(parts.test.labels, label) - (count(labels, label) * test) / size)).toBeLessThan(2);
        }
        expect([...(await split(data, { counts: { train, test }, seed })).test.ids]).toEqual([...parts.test.ids]);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test('byte-identical images never straddle', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(2), fc.nat(30)), { minLength: 30, maxLength: 120 }),
        fc.nat(100),
        async (samples, seed) => {
          const pixels = samples.map(([, value]) => value);
          const data = setOf(
            samples.map(([label]) => label),
            pixels,
          );
          const parts = await split(data, {
            fractions: { a: 0.5, b: 0.3, c: 0.2 },
            seed,
            stratified: seed % 2 === 0,
          }).catch((error: unknown) => {
            expect((error as DataError).code).toBe('no-samples'); // a large group can leave no room
            return undefined;
          });
          if (parts === undefined) return;
          const home = new Map<number, string>();
          for (const [name, part] of Object.entries(parts)) {
            for (const id of part.ids) {
              expect(home.get(pixels[id]!) ?? name).toBe(name);
              home.set(pixels[id]!, name);
            }
          }
          expect(parts.a.size + parts.b.size + parts.c.size).toBe(samples.length);
        },
      ),
      { seed: 2, numRuns: 60 },
    );
  });

  test('sizes stay close where few images are doubled', async () => {
    const labels = Array.from({ length: 600 }, (_, i) => i % 3);
    const data = setOf(
      labels,
      labels.map((_, i) => (i < 30 ? i + 300 : i)),
    );
    const { train, test } = await split(data, { fractions: { train: 0.8, test: 0.2 }, seed: 5 });
    expect(Math.abs(train.size - 480)).toBeLessThanOrEqual(3);
    expect(train.size + test.size).toBe(600);
  });

  test('another seed, another split', async () => {
    const data = facesDataset({ samples: 70, seed: 1 });
    const [a, b] = await Promise.all([1, 2].map((seed) => split(data, { fractions: { x: 0.5 }, seed })));
    expect([...a!.x.ids]).not.toEqual([...b!.x.ids]);
    expect(a!.x.size).toBe(35);
  });

  test('groups of the caller', async () => {
    const data = setOf(Array.from({ length: 60 }, (_, i) => i % 3));
    const groups = Array.from({ length: 60 }, (_, i) => i - (i % 5));
    const { train, test } = await split(data, { fractions: { train: 0.5, test: 0.5 }, seed: 1, groups });
    const homes = new Set([...train.ids].map((id) => groups[id]));
    expect([...test.ids].some((id) => homes.has(groups[id]))).toBe(false);
  });

  test('refuses what cannot be', async () => {
    const data = setOf([0, 1, 2, 0]);
    await expect(split(data, { counts: { a: 3, b: 2 }, seed: 1 })).rejects.toThrow(/sum to 5, more than 4/);
    await expect(split(data, { fractions: { a: 0.7, b: 0.4 }, seed: 1 })).rejects.toThrow(/more than 1/);
    await expect(split(data, { seed: 1 })).rejects.toThrow(/neither is given/);
    await expect(split(data, { fractions: { a: 0.9, b: 0.01 }, seed: 1 })).rejects.toThrow(/part 'b'/);
    await expect(split(data, { counts: { a: 0 }, seed: 1 })).rejects.toThrow(/counts.a/);
    await expect(split(data, { fractions: { a: 0.5 }, seed: 1, groups: [0] })).rejects.toThrow(/groups/);
  });
});

test('holdOut divides everything in two', async () => {
  const data = symmetricNoise(facesDataset({ samples: 140, seed: 1 }), { rate: 0.3, seed: 1 });
  const { train, heldOut } = await holdOut(data, { fraction: 0.25, seed: 1 });
  expect([train.size, heldOut.size]).toEqual([105, 35]);
  expect([...train.ids, ...heldOut.ids].sort((a, b) => a - b)).toEqual([...data.labels.keys()]);
  expect([...heldOut.truth!]).toEqual([...heldOut.ids].map((id) => data.truth[id]));
});

test('classProportionalSubset keeps the class shares to within one sample; a class grows by its prefix', () => {
  fc.assert(
    fc.property(labelLists(120), fc.nat(50), (labels, seed) => {
      const data = setOf(labels);
      const samples = Math.ceil(labels.length / 2);
      const part = classProportionalSubset(data, { samples, seed });
      expect(part.size).toBe(samples);
      for (let label = 0; label < 3; label++) {
        expect(Math.abs(count(part.labels, label) - (count(labels, label) * samples) / labels.length)).toBeLessThan(1);
      }
      expect([...classProportionalSubset(data, { samples: labels.length, seed }).ids]).toEqual([...labels.keys()]);
    }),
    { seed: 3, numRuns: 60 },
  );
  expect(() => classProportionalSubset(setOf([0, 1, 2]), { samples: 4, seed: 1 })).toThrow(/samples: 4/);
});

describe('duplicateGroups', () => {
  test('finds equal images and only those', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(400), { minLength: 1, maxLength: 600 }), async (pixels) => {
        const data = setOf(
          pixels.map(() => 0),
          pixels,
        );
        expect([...(await duplicateGroups(data))]).toEqual(pixels.map((value) => pixels.indexOf(value)));
      }),
      { seed: 4, numRuns: 40 },
    );
  });

  test('takes what a data set knows, and hands out a copy', async () => {
    const data = facesDataset({ samples: 5, seed: 1 });
    const groups = await duplicateGroups(data);
    expect([...groups]).toEqual([0, 1, 2, 3, 4]);
    groups[0] = 3;
    expect(data.groups![0]).toBe(0);
  });
});

describe('folds by group', () => {
  const labels = Array.from({ length: 60 }, (_, i) => i % 2);
  const grouped = (groups?: readonly number[]) =>
    arrayDataset({
      images: Uint8Array.from({ length: 60 }, (_, i) => i),
      labels,
      classes: 2,
      shape: [1, 1, 1],
      ...(groups && { groups }),
    });
  // Twelve people with five pictures each.
  const people = labels.map((_, i) => Math.floor(i / 5) * 5);

  test('every sample is tested once, and nobody is in both parts', () => {
    for (const seed of [undefined, 1, 2]) {
      const folds = groupFolds(grouped(people), { folds: 5, ...(seed !== undefined && { seed }) });
      expect(folds.flatMap(({ test: part }) => [...part.ids]).sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
      for (const { train, test: part } of folds) {
        expect(train.size + part.size).toBe(60);
        const trained = new Set(Array.from(train.ids, (id) => people[id]));
        for (const id of part.ids) expect(trained.has(people[id])).toBe(false);
        expect([10, 15]).toContain(part.size);
      }
    }
  });

  test('dealt out in turn, or shuffled by a seed', () => {
    const tested = (seed?: number) =>
      groupFolds(grouped(people), { folds: 5, ...(seed !== undefined && { seed }) }).map(({ test: part }) =>
        [...new Set(Array.from(part.ids, (id) => people[id]! / 5))].join(),
      );
    expect(tested()).toEqual(['0,5,10', '1,6,11', '2,7', '3,8', '4,9']);
    expect(tested(1)).toEqual(tested(1));
    expect(tested(1)).not.toEqual(tested(2));
    expect(tested(1)).not.toEqual(tested());
  });

  test('what cannot be divided', () => {
    expect(() => groupFolds(grouped())).toThrow(/does not say which samples belong together/);
    expect(() => groupFolds(grouped(people), { folds: 13 })).toThrow(/12 groups cannot be divided into 13 folds/);
    expect(() => groupFolds(grouped(people), { folds: 1 })).toThrow(/folds/);
  });
});

describe('identicalImages', () => {
  const set = (images: readonly number[][]): Dataset =>
    arrayDataset({
      images: images.map((image) => Uint8Array.from(image)),
      labels: images.map(() => 0),
      classes: 2,
      shape: [1, 3, 1],
    });
  test('finds copies within and across sets, byte for byte', async () => {
    const train = set([
      [1, 2, 3],
      [3, 2, 1],
      [1, 2, 3],
      [0, 0, 0],
    ]);
    const test = set([
      [0, 0, 0],
      [9, 9, 9],
      [0, 0, 0],
    ]);
    expect(await identicalImages([train, test])).toEqual([
      [
        { set: 0, sample: 0 },
        { set: 0, sample: 2 },
      ],
      [
        { set: 0, sample: 3 },
        { set: 1, sample: 0 },
        { set: 1, sample: 2 },
      ],
    ]);
    expect(await identicalImages([facesDataset({ samples: 300, seed: 1, size: 16 })])).toEqual([]);
  });
});
