import {
  arrayDataset,
  classConditionalNoise,
  DataError,
  facesDataset,
  featureDependentNoise,
  ferLikeMatrix,
  pairNoise,
  symmetricNoise,
} from '@selfcure/data';
import type { NoisyDataset } from '@selfcure/data';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const setOf = (labels: readonly number[], classes: number, extra: object = {}) =>
  arrayDataset({ images: new Uint8Array(labels.length), labels, classes, shape: [1, 1, 1], ...extra });
const cyclic = (size: number, classes: number) =>
  setOf(
    Array.from({ length: size }, (_, i) => i % classes),
    classes,
  );
const changed = (data: NoisyDataset): number =>
  data.labels.reduce((sum, label, i) => sum + (label === data.truth[i] ? 0 : 1), 0);

const kinds = {
  symmetric: (data: ReturnType<typeof setOf>, rate: number, seed: number) => symmetricNoise(data, { rate, seed }),
  pair: (data: ReturnType<typeof setOf>, rate: number, seed: number) => pairNoise(data, { rate, seed }),
  'feature-dependent': (data: ReturnType<typeof setOf>, rate: number, seed: number) =>
    featureDependentNoise(data, { rate, seed, score: Array.from(data.labels, (_, i) => 1 + (i % 3)) }),
};

describe.each(Object.entries(kinds))('%s noise', (kind, inject) => {
  test('keeps the truth, tells its mask and rate, leaves the given set alone, repeats by seed', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 2, max: 9 })
          .chain((classes) =>
            fc.tuple(fc.constant(classes), fc.array(fc.nat(classes - 1), { minLength: 1, maxLength: 80 })),
          ),
        fc.double({ min: 0, max: 0.6, noNaN: true }),
        fc.nat(1000),
        ([classes, labels], rate, seed) => {
          const data = setOf(labels, classes);
          const noisy = inject(data, rate, seed);
          expect([...data.labels]).toEqual(labels);
          expect(data.truth).toBeUndefined();
          expect([...noisy.truth]).toEqual(labels);
          expect([...noisy.noise.mask]).toEqual(labels.map((label, i) => Number(noisy.labels[i] !== label)));
          expect(noisy.noise).toMatchObject({ kind, seed, rate: changed(noisy) / labels.length });
          expect(noisy.labels.every((label) => label >= 0 && label < classes)).toBe(true);
          expect([...inject(data, rate, seed).labels]).toEqual([...noisy.labels]);
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  test('another seed and another rate change the fingerprint; the same ones do not', () => {
    const data = cyclic(70, 7);
    const prints = [inject(data, 0.3, 1), inject(data, 0.3, 2), inject(data, 0.4, 1), inject(data, 0.3, 1)].map(
      (noisy) => noisy.fingerprint,
    );
    expect(new Set(prints).size).toBe(3);
    expect(prints[3]).toBe(prints[0]);
    expect(prints).not.toContain(data.fingerprint);
  });
});

describe('symmetricNoise', () => {
  test('exact mode flips exactly round(rate x N) labels', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(50),
        (size, rate, seed) => {
          const noisy = symmetricNoise(cyclic(size, 5), { rate, seed });
          expect(changed(noisy)).toBe(Math.round(rate * size));
        },
      ),
      { seed: 2, numRuns: 100 },
    );
  });

  test('the new label is even over the other classes', () => {
    const noisy = symmetricNoise(cyclic(7000, 7), { rate: 1, seed: 3 });
    const table = Array.from({ length: 7 }, () => new Array<number>(7).fill(0));
    noisy.labels.forEach((label, i) => table[noisy.truth[i]!]![label]!++);
    let chi = 0;
    table.forEach((row, c) =>
      row.forEach((count, k) => {
        if (k === c) expect(count).toBe(0);
        else chi += (count - 1000 / 6) ** 2 / (1000 / 6);
      }),
    );
    expect(chi).toBeLessThan(70); // 35 degrees of freedom, p < 0.001
  });

  test('bernoulli mode flips about rate x N, and not always the same number', () => {
    const counts = Array.from({ length: 20 }, (_, seed) =>
      changed(symmetricNoise(cyclic(1000, 7), { rate: 0.2, seed, mode: 'bernoulli' })),
    );
    const mean = counts.reduce((a, b) => a + b) / 20;
    expect(Math.abs(mean - 200)).toBeLessThan(12); // 4 standard errors
    expect(new Set(counts).size).toBeGreaterThan(5);
  });

  test('with self included, one draw in C keeps its label', () => {
    const noisy = symmetricNoise(cyclic(5000, 5), { rate: 1, seed: 1, excludeSelf: false });
    expect(Math.abs(noisy.noise.rate - 0.8)).toBeLessThan(0.025);
  });

  test("the design's example", () => {
    const data = facesDataset({ samples: 400, seed: 1 });
    const noisy = symmetricNoise(data, { rate: 0.3, seed: 2 });
    expect(noisy.noise.rate).toBe(0.3);
    expect(noisy.classes).toEqual(data.classes);
    expect(noisy.read([5])).toEqual(data.read([5]));
    expect([...noisy.truth]).toEqual([...data.labels]);
  });

  test('noise on noise keeps the first truth and drops soft labels', () => {
    const data = setOf([0, 1, 0, 1], 2, { soft: [1, 0, 0, 1, 1, 0, 0, 1] });
    const once = symmetricNoise(data, { rate: 0.5, seed: 1 });
    const twice = symmetricNoise(once, { rate: 0.5, seed: 5 });
    expect([...twice.truth]).toEqual([0, 1, 0, 1]);
    expect([...twice.noise.mask]).toEqual([...twice.labels].map((label, i) => Number(label !== once.labels[i])));
    expect('soft' in once).toBe(false);
  });
});

describe('classConditionalNoise', () => {
  test('exact mode follows the matrix to within one sample', () => {
    const row = (classes: number) =>
      fc
        .array(fc.integer({ min: 0, max: 9 }), { minLength: classes, maxLength: classes })
        .filter((weights) => weights.some((w) => w > 0));
    fc.assert(
      fc.property(
        fc
          .integer({ min: 2, max: 5 })
          .chain((classes) =>
            fc.tuple(
              fc.array(row(classes), { minLength: classes, maxLength: classes }),
              fc.array(fc.nat(classes - 1), { minLength: 1, maxLength: 100 }),
            ),
          ),
        ([weights, labels]) => {
          const matrix = weights.map((list) => list.map((weight) => weight / list.reduce((a, b) => a + b)));
          const noisy = classConditionalNoise(setOf(labels, matrix.length), { matrix, seed: 4 });
          matrix.forEach((shares, old) => {
            const members = labels.filter((label) => label === old).length;
            shares.forEach((share, label) => {
              const count = noisy.labels.filter((given, i) => given === label && labels[i] === old).length;
              expect(Math.abs(count - share * members)).toBeLessThan(1 + 1e-9);
              if (share === 0) expect(count).toBe(0);
            });
          });
        },
      ),
      { seed: 3, numRuns: 60 },
    );
  });

  test('bernoulli mode follows it on average', () => {
    const matrix = [
      [0.7, 0.3, 0],
      [0, 1, 0],
      [0.1, 0.1, 0.8],
    ];
    const noisy = classConditionalNoise(cyclic(9000, 3), { matrix, seed: 1, mode: 'bernoulli' });
    matrix.forEach((shares, old) =>
      shares.forEach((share, label) => {
        const count = noisy.labels.filter((given, i) => given === label && noisy.truth[i] === old).length;
        expect(Math.abs(count / 3000 - share)).toBeLessThanOrEqual(4 * Math.sqrt((share * (1 - share)) / 3000));
      }),
    );
  });

  test('the FER-like preset has the published shares in published order', () => {
    // Rows and columns as measured, in FER+ order: neutral, happy, surprise, sad, anger, disgust, fear.
    const measured = [
      [0.463, 0.036, 0.019, 0.241, 0.114, 0.003, 0.124],
      [0.042, 0.899, 0.028, 0.006, 0.012, 0.001, 0.012],
      [0.006, 0.037, 0.756, 0.01, 0.031, 0.001, 0.16],
      [0.054, 0.002, 0.006, 0.604, 0.077, 0.021, 0.236],
      [0.005, 0.008, 0.01, 0.034, 0.78, 0.025, 0.137],
      [0, 0, 0.008, 0.008, 0.151, 0.798, 0.034],
      [0, 0.006, 0.111, 0.019, 0.043, 0.004, 0.818],
    ];
    const published = [6, 3, 5, 4, 0, 1, 2];
    measured.forEach((row, c) =>
      row.forEach((share, k) =>
        expect(Math.abs(ferLikeMatrix[published[c]!]![published[k]!]! - share)).toBeLessThan(5.1e-4),
      ),
    );
    ferLikeMatrix.forEach((row) => expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 12));
    const noisy = classConditionalNoise(facesDataset({ samples: 700, seed: 1 }), { matrix: ferLikeMatrix, seed: 2 });
    expect(Math.abs(noisy.noise.rate - 0.269)).toBeLessThan(0.01);
  });

  test.each([
    [[[1, 0]], /1 rows for 2 classes/],
    [[[1, 0], [0.5]], /row 1 \(1\) has 1 columns/],
    [
      [
        [1, 0],
        [0.5, 0.6],
      ],
      /row 1 \(1\) sums to 1.1/,
    ],
    [
      [
        [1, 0],
        [-0.5, 1.5],
      ],
      /outside \[0, 1\]/,
    ],
  ])('refuses a bad matrix', (matrix, message) => {
    expect(() => classConditionalNoise(cyclic(4, 2), { matrix, seed: 1 })).toThrow(message);
  });
});

describe('pairNoise', () => {
  test('flips to the next class, or to the pair given', () => {
    const next = pairNoise(cyclic(100, 5), { rate: 0.4, seed: 1 });
    next.labels.forEach((label, i) => expect([next.truth[i]!, (next.truth[i]! + 1) % 5]).toContain(label));
    expect(next.noise.rate).toBe(0.4);
    const named = pairNoise(cyclic(90, 3), { rate: 0.5, seed: 1, pairs: [2, 1, 0] });
    expect(named.labels.filter((label, i) => named.truth[i] === 1 && label !== 1).length).toBe(0);
    expect(named.labels.filter((label, i) => named.truth[i] === 0 && label === 2).length).toBe(15);
    expect(() => pairNoise(cyclic(9, 3), { rate: 0.5, seed: 1, pairs: [3, 1, 0] })).toThrow(DataError);
  });
});

describe('featureDependentNoise', () => {
  test('reaches the rate and flips hard samples more often', () => {
    const data = facesDataset({ samples: 2000, seed: 3 });
    const noisy = featureDependentNoise(data, { rate: 0.2, seed: 1 });
    expect(changed(noisy)).toBe(400);
    const order = Array.from(data.ambiguity.keys()).sort((a, b) => data.ambiguity[a]! - data.ambiguity[b]!);
    const flipped = (ids: number[]): number => ids.filter((id) => noisy.noise.mask[id] === 1).length;
    expect(flipped(order.slice(1500))).toBeGreaterThan(2 * flipped(order.slice(0, 500)));
  });

  test('a score of 0 keeps the least probability, min(0.9, k score + 0.01)', () => {
    const size = 4000;
    const data = cyclic(size, 4);
    const noisy = featureDependentNoise(data, {
      rate: 0.2,
      seed: 9,
      score: Array.from({ length: size }, (_, i) => i % 2),
    });
    const plain = noisy.noise.mask.filter((_, i) => i % 2 === 0).reduce((a, b) => a + b);
    expect(changed(noisy)).toBe(800);
    expect(Math.abs(plain - 0.01 * 2000)).toBeLessThanOrEqual(4 * Math.sqrt(20));
  });

  test('probabilities decide both the flips and the new labels', () => {
    const size = 3000;
    // Everybody is of class 0; the annotator doubts every third sample and then sees class 2.
    const probabilities = Array.from({ length: size }, (_, i) => (i % 3 === 0 ? [0.4, 0, 0.6] : [1, 0, 0])).flat();
    const noisy = featureDependentNoise(setOf(new Array<number>(size).fill(0), 3), {
      rate: 0.2,
      seed: 1,
      probabilities,
    });
    const flips = [...noisy.labels.keys()].filter((i) => noisy.labels[i] !== 0);
    expect(flips.length).toBe(600);
    expect(flips.filter((i) => i % 3 === 0).length).toBeGreaterThan(550);
    expect(flips.filter((i) => i % 3 === 0).every((i) => noisy.labels[i] === 2)).toBe(true);
  });

  test('features gather the flips on one side of a direction', () => {
    const size = 2000;
    const values = Array.from({ length: size }, (_, i) => (i % 200) / 100 - 1);
    const noisy = featureDependentNoise(cyclic(size, 5), { rate: 0.2, seed: 2, features: { values, width: 1 } });
    const high = noisy.noise.mask.filter((_, i) => values[i]! >= 0).reduce((a, b) => a + b);
    expect(changed(noisy)).toBe(400);
    expect(Math.max(high, 400 - high)).toBeGreaterThan(280);
  });

  test('refuses what cannot work', () => {
    const data = cyclic(100, 4);
    expect(() => featureDependentNoise(data, { rate: 0.2, seed: 1 })).toThrow(/no ambiguity/);
    expect(() => featureDependentNoise(data, { rate: 0.2, seed: 1, score: [1] })).toThrow(/1 values where 100/);
    expect(() => featureDependentNoise(data, { rate: 0.2, seed: 1, score: new Array(100).fill(NaN) })).toThrow(
      /score of sample 0 is NaN/,
    );
    expect(() =>
      featureDependentNoise(data, { rate: 0.5, seed: 1, score: data.labels.map((_, i) => Number(i < 10)) }),
    ).toThrow(/cannot be reached/);
    expect(() => featureDependentNoise(data, { rate: 0.5, seed: 1, score: data.labels, probabilities: [] })).toThrow(
      /more than one/,
    );
    expect(() => symmetricNoise(data, { rate: 1.2, seed: 1 })).toThrow(/rate: 1.2 is outside/);
    expect(() => symmetricNoise(data, { rate: 0.2, seed: -1 })).toThrow(/seed: -1/);
  });
});
