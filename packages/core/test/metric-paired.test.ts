import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../src/errors.ts';
import { pairedDifference } from '../src/metric/paired.ts';
import { studentT } from '../src/metric/student-t.ts';

describe('studentT', () => {
  // Printed tables of the two-sided 95 % point.
  it.each([
    [1, 12.7062047362],
    [2, 4.3026527297],
    [3, 3.1824463053],
    [4, 2.7764451052],
    [5, 2.5705818356],
    [9, 2.2621571628],
    [10, 2.228138852],
    [29, 2.0452296421],
    [30, 2.0422724563],
    [100, 1.9839715185],
  ])('%i degrees of freedom', (degrees, want) => {
    expect(studentT(degrees)).toBeCloseTo(want, 8);
  });

  it('inverts the distribution that integrating its density gives', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (degrees, coverage) => {
          // Density in the angle a with t = sqrt(degrees) tan a is proportional to cos(a)^(degrees - 1).
          const density = (angle: number): number => Math.cos(angle) ** (degrees - 1);
          const integral = (to: number): number => {
            const parts = 400;
            let sum = density(0) + density(to);
            for (let i = 1; i < parts; i++) sum += (i % 2 ? 4 : 2) * density((to * i) / parts);
            return (sum * to) / (3 * parts);
          };
          const angle = Math.atan(studentT(degrees, coverage) / Math.sqrt(degrees));
          expect(integral(angle) / integral(Math.PI / 2)).toBeCloseTo(coverage, 7);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('falls to the normal value', () => {
    expect(studentT(100_000)).toBeCloseTo(1.959964 + 0.0000237, 6);
    expect(() => studentT(0)).toThrow(OptionError);
    expect(() => studentT(3, 1)).toThrow(/coverage is 1/);
  });
});

describe('pairedDifference', () => {
  it('gives the textbook interval', () => {
    const { mean, standardDeviation, low, high, n } = pairedDifference([0.71, 0.73, 0.72], [0.7, 0.7, 0.7]);
    expect(n).toBe(3);
    expect(mean).toBeCloseTo(0.02, 12);
    expect(standardDeviation).toBeCloseTo(0.01, 12);
    expect(low).toBeCloseTo(0.02 - (4.3026527297 * 0.01) / Math.sqrt(3), 9);
    expect(high).toBeCloseTo(0.02 + (4.3026527297 * 0.01) / Math.sqrt(3), 9);
  });
  it('has no interval for one pair, and none of width above 0 for equal differences', () => {
    expect(pairedDifference([3], [1])).toEqual({ mean: 2, standardDeviation: null, low: null, high: null, n: 1 });
    expect(pairedDifference([3, 4], [1, 2])).toEqual({ mean: 2, standardDeviation: 0, low: 2, high: 2, n: 2 });
  });
  it('changes its sign when the recipes change places', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ max: 99, min: 0 }), fc.integer({ max: 99, min: 0 })), {
          minLength: 2,
          maxLength: 9,
        }),
        (pairs) => {
          const a = pairs.map(([x]) => x);
          const b = pairs.map(([, y]) => y);
          const one = pairedDifference(a, b);
          const other = pairedDifference(b, a);
          expect(one.mean).toBeCloseTo(-other.mean, 12);
          expect(one.low!).toBeCloseTo(-other.high!, 9);
          expect(one.standardDeviation!).toBeCloseTo(other.standardDeviation!, 12);
        },
      ),
    );
  });
  it('refuses missing and uneven results', () => {
    expect(() => pairedDifference([], [])).toThrow(OptionError);
    expect(() => pairedDifference([1, 2], [1])).toThrow(/2 elements, b 1/);
    expect(() => pairedDifference([1, NaN], [1, 2])).toThrow(/pair 1 is \(NaN, 2\)/);
  });
});
