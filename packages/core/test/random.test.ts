import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { philox, portableCos, portableExp, portableLog, portableSin, randomStream } from '@selfcure/core';

describe('philox', () => {
  // Known answers of the Random123 distribution (kat_vectors, philox4x32 10).
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)('%j', (counter, key, expected) => {
    expect(philox([...counter], [...key])).toEqual(expected);
  });
});

describe('portable mathematics', () => {
  const close = (got: number, want: number): void => {
    expect(Math.abs(got - want)).toBeLessThanOrEqual(4e-15 * Math.max(1, Math.abs(want)));
  };
  it('log and exp agree with Math', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => close(portableLog(x), Math.log(x))),
    );
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => close(portableExp(x) / Math.exp(x), 1)),
    );
  });
  it('sin and cos agree with Math', () => {
    fc.assert(
      fc.property(fc.double({ min: -1000, max: 1000, noNaN: true }), (x) => {
        expect(Math.abs(portableSin(x) - Math.sin(x))).toBeLessThan(1e-13);
        expect(Math.abs(portableCos(x) - Math.cos(x))).toBeLessThan(1e-13);
      }),
    );
  });
});

describe('randomStream', () => {
  it('is a function of its key', () => {
    const draw = (key: Parameters<typeof randomStream>[0]): number[] => {
      const stream = randomStream(key);
      return Array.from({ length: 9 }, () => stream.uint32());
    };
    const key = { seed: 7, purpose: 'shuffle', epoch: 2, sample: 5 };
    expect(draw(key)).toEqual(draw(key));
    for (const other of [{ seed: 8 }, { seed: 7 + 2 ** 32 }, { purpose: 'mask' }, { epoch: 3 }, { sample: 6 }]) {
      expect(draw({ ...key, ...other })).not.toEqual(draw(key));
    }
  });
  it('normal deviates have mean 0, variance 1 and the tails of a normal distribution', () => {
    const stream = randomStream({ seed: 1, purpose: 'test' });
    const n = 200_000;
    let sum = 0;
    let squares = 0;
    let beyondTwo = 0;
    for (let i = 0; i < n; i++) {
      const x = stream.normal();
      sum += x;
      squares += x * x;
      if (Math.abs(x) > 2) beyondTwo++;
    }
    expect(Math.abs(sum / n)).toBeLessThan(0.01);
    expect(Math.abs(squares / n - 1)).toBeLessThan(0.015);
    expect(Math.abs(beyondTwo / n - 0.0455)).toBeLessThan(0.002);
  });
  it('permutation holds every index once', () => {
    const order = randomStream({ seed: 3, purpose: 'shuffle', epoch: 1 }).permutation(1001);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1001 }, (_, i) => i));
    expect([...order.slice(0, 5)]).not.toEqual([0, 1, 2, 3, 4]);
  });
  it('refuses a seed that is not a whole number', () => {
    expect(() => randomStream({ seed: 1.5, purpose: 'x' })).toThrow(/seed 1.5/);
  });
});
