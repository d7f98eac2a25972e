import type { Augmentation, Dataset } from '@selfcure/core';
import {
  compose,
  DataError,
  faceAugmentation,
  gaussianNoise,
  horizontalFlip,
  randomErasing,
  randomShift,
} from '@selfcure/data';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const shapes = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.constantFrom(1, 3));
const cases = shapes.chain(([height, width, channels]) =>
  fc.record({
    shape: fc.constant([height, width, channels] as const),
    image: fc.uint8Array({ minLength: height * width * channels, maxLength: height * width * channels }),
    key: fc.record({ seed: fc.nat(1e6), epoch: fc.integer({ min: 1, max: 99 }), sample: fc.nat(1e6) }),
  }),
);
const keys = (count: number) => Array.from({ length: count }, (_, sample) => ({ seed: 3, epoch: 2, sample }));
const pixel = (image: Uint8Array, [, width, channels]: Dataset['shape'], y: number, x: number): number[] => [
  ...image.subarray((y * width + x) * channels, (y * width + x + 1) * channels),
];
const clamp = (value: number, last: number): number => Math.min(last, Math.max(0, value));

const all: Record<string, Augmentation> = {
  horizontalFlip: horizontalFlip(),
  randomShift: randomShift(),
  randomErasing: randomErasing(),
  gaussianNoise: gaussianNoise({ variance: 30 }),
  faceAugmentation: faceAugmentation(),
  compose: compose(randomShift({ pixels: 2 }), randomErasing(), gaussianNoise()),
};

test.each(Object.entries(all))(
  '%s depends on seed, epoch and sample alone and never writes into the image',
  (_, augmentation) => {
    fc.assert(
      fc.property(cases, ({ shape, image, key }) => {
        const before = image.slice();
        const out = augmentation.apply(image, shape, key);
        expect(image).toEqual(before);
        expect(out.length).toBe(image.length);
        expect(augmentation.apply(before, shape, { ...key })).toEqual(out);
      }),
      { seed: 1, numRuns: 50 },
    );
    const image = Uint8Array.from({ length: 48 * 48 }, (_value, i) => (i * 7919) % 251);
    const base = { seed: 1, epoch: 1, sample: 1 };
    for (const part of ['seed', 'epoch', 'sample'] as const) {
      const outcomes = Array.from({ length: 20 }, (_value, k) =>
        augmentation.apply(image, [48, 48, 1], { ...base, [part]: k + 1 }).join(),
      );
      expect(new Set(outcomes).size).toBeGreaterThan(1);
    }
  },
);

describe('horizontalFlip', () => {
  test('mirrors every row and keeps the channels', () => {
    fc.assert(
      fc.property(cases, ({ shape, image, key }) => {
        const [height, width] = shape;
        const out = horizontalFlip({ probability: 1 }).apply(image, shape, key);
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++)
            expect(pixel(out, shape, y, x)).toEqual(pixel(image, shape, y, width - 1 - x));
        }
        expect(horizontalFlip({ probability: 0 }).apply(image, shape, key)).toBe(image);
      }),
      { seed: 2, numRuns: 50 },
    );
  });

  test('happens half of the time', () => {
    const image = Uint8Array.of(1, 2);
    const flips = keys(2000).filter((key) => horizontalFlip().apply(image, [1, 2, 1], key)[0] === 2).length;
    expect(Math.abs(flips - 1000)).toBeLessThan(90); // 4 standard deviations
  });
});

describe('randomShift', () => {
  test('moves the whole image and repeats its edge', () => {
    fc.assert(
      fc.property(cases, fc.nat(3), ({ shape, image, key }, pixels) => {
        const [height, width] = shape;
        const out = randomShift({ pixels }).apply(image, shape, key);
        const moves = Array.from({ length: 2 * pixels + 1 }, (_, k) => k - pixels);
        const matches = moves.some((down) =>
          moves.some((right) => {
            for (let y = 0; y < height; y++) {
              for (let x = 0; x < width; x++) {
                const from = pixel(image, shape, clamp(y - down, height - 1), clamp(x - right, width - 1));
                if (String(from) !== String(pixel(out, shape, y, x))) return false;
              }
            }
            return true;
          }),
        );
        expect(matches).toBe(true);
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  test('reaches every shift', () => {
    const image = new Uint8Array(81);
    image[40] = 1; // the middle of 9 x 9
    const places = new Set(keys(1000).map((key) => randomShift({ pixels: 2 }).apply(image, [9, 9, 1], key).indexOf(1)));
    expect([...places].sort((a, b) => a - b)).toEqual(
      [-2, -1, 0, 1, 2].flatMap((y) => [-2, -1, 0, 1, 2].map((x) => 40 + 9 * y + x)),
    );
  });
});

describe('randomErasing', () => {
  test('fills one rectangle whose area is within the scale', () => {
    const image = new Uint8Array(48 * 48).fill(7);
    let erased = 0;
    for (const key of keys(300)) {
      const out = randomErasing({ probability: 0.5, scale: [0.02, 0.25], value: 200 }).apply(image, [48, 48, 1], key);
      const ids = [...out.keys()].filter((i) => out[i] === 200);
      if (ids.length === 0) continue;
      erased++;
      const ys = ids.map((i) => Math.floor(i / 48));
      const xs = ids.map((i) => i % 48);
      const h = Math.max(...ys) - Math.min(...ys) + 1;
      const w = Math.max(...xs) - Math.min(...xs) + 1;
      expect(ids.length).toBe(h * w);
      expect(ids.length / 2304).toBeGreaterThan(0.015); // whole pixels round the area
      expect(ids.length / 2304).toBeLessThan(0.265);
      expect(out.every((value) => value === 7 || value === 200)).toBe(true);
    }
    expect(Math.abs(erased - 150)).toBeLessThan(36);
  });
});

describe('gaussianNoise', () => {
  test('has mean 0 and the variance asked for', () => {
    const image = new Uint8Array(10_000).fill(128);
    const out = gaussianNoise({ variance: 100 }).apply(image, [100, 100, 1], { seed: 1, epoch: 1, sample: 0 });
    const mean = out.reduce((sum, value) => sum + value - 128, 0) / 10_000;
    const variance = out.reduce((sum, value) => sum + (value - 128) ** 2, 0) / 10_000;
    expect(Math.abs(mean)).toBeLessThan(0.4);
    expect(Math.abs(variance - 100)).toBeLessThan(6);
    expect(gaussianNoise({ variance: 0 }).apply(image, [100, 100, 1], { seed: 1, epoch: 1, sample: 0 })).toBe(image);
  });
});

describe('compose', () => {
  test('applies in order and gives equal steps choices of their own', () => {
    const image = new Uint8Array(81);
    image[40] = 1;
    const twice = compose(randomShift({ pixels: 1 }), randomShift({ pixels: 1 }));
    const places = new Set(keys(2000).map((key) => twice.apply(image, [9, 9, 1], key).indexOf(1)));
    expect(places.size).toBe(25); // two equal choices would reach 9 places
    expect(compose().apply(image, [9, 9, 1], keys(1)[0]!)).toBe(image);
    expect(compose(horizontalFlip(), randomShift()).name).toBe('horizontal-flip+random-shift');
  });
});

describe('options', () => {
  test('are plain data, defaults included', () => {
    const listed = Object.fromEntries(Object.entries(all).map(([name, { options }]) => [name, options]));
    expect(listed).toEqual({
      horizontalFlip: { probability: 0.5 },
      randomShift: { pixels: 4 },
      randomErasing: { probability: 0.5, scale: [0.02, 0.25], ratio: [0.3, 3.3], value: 128 },
      gaussianNoise: { variance: 30, probability: 1 },
      faceAugmentation: [
        { name: 'random-shift', options: { pixels: 4 } },
        { name: 'horizontal-flip', options: { probability: 0.5 } },
      ],
      compose: [
        { name: 'random-shift', options: { pixels: 2 } },
        { name: 'random-erasing', options: { probability: 0.5, scale: [0.02, 0.25], ratio: [0.3, 3.3], value: 128 } },
        { name: 'gaussian-noise', options: { variance: 30, probability: 1 } },
      ],
    });
    expect(JSON.parse(JSON.stringify(listed))).toEqual(listed);
  });

  test('of a composition name steps without options, and tell order and nesting apart', () => {
    const own: Augmentation = { name: 'own', apply: (image) => image };
    expect(compose(own, horizontalFlip({ probability: 1 })).options).toEqual([
      { name: 'own', options: null },
      { name: 'horizontal-flip', options: { probability: 1 } },
    ]);
    const [a, b, c] = [randomShift({ pixels: 1 }), randomShift({ pixels: 2 }), gaussianNoise()];
    const told = [compose(a, b, c), compose(b, a, c), compose(compose(a, b), c), compose(a, compose(b, c)), compose()];
    expect(new Set(told.map(({ options }) => JSON.stringify(options))).size).toBe(told.length);
  });
});

test('options out of range are refused by name', () => {
  expect(() => horizontalFlip({ probability: 2 })).toThrow(/probability: 2/);
  expect(() => randomShift({ pixels: 1.5 })).toThrow(/pixels: 1.5/);
  expect(() => randomErasing({ scale: [0.3, 0.2] })).toThrow(/scale: \[0.3, 0.2\] runs backwards/);
  expect(() => randomErasing({ ratio: [0, 1] })).toThrow(/ratio/);
  expect(() => gaussianNoise({ variance: -1 })).toThrow(DataError);
});
