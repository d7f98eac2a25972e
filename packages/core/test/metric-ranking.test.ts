import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../src/errors.ts';
import { auroc, averagePrecision, precisionAt } from '../src/metric/ranking.ts';

const drawn = fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.boolean()), { maxLength: 30 });
const columns = (rows: [number, boolean][]): [Float64Array, Uint8Array] => [
  Float64Array.from(rows, ([score]) => score),
  Uint8Array.from(rows, ([, positive]) => (positive ? 1 : 0)),
];

describe('auroc', () => {
  it('is the share of pairs in the right order', () => {
    fc.assert(
      fc.property(drawn, (rows) => {
        const pairs = rows
          .filter(([, positive]) => positive)
          .flatMap(([high]) => rows.filter(([, positive]) => !positive).map(([low]) => Math.sign(high - low)));
        const want = pairs.reduce((sum, sign) => sum + (sign + 1) / 2, 0) / pairs.length;
        const got = auroc(...columns(rows));
        if (pairs.length) expect(got).toBeCloseTo(want, 12);
        else expect(got).toBeNull();
      }),
    );
  });
  it('gives worked values', () => {
    expect(auroc([0.1, 0.4, 0.35, 0.8], Uint8Array.of(0, 0, 1, 1))).toBe(0.75);
    expect(auroc([1, 1, 1], Uint8Array.of(0, 1, 1))).toBe(0.5);
    expect(auroc([-Infinity, Infinity, Infinity], Uint8Array.of(0, 1, 0))).toBe(0.75);
    expect(auroc([1, 2], Uint8Array.of(1, 1))).toBeNull();
    expect(auroc([], Uint8Array.of())).toBeNull();
  });
});

describe('averagePrecision', () => {
  it('sums precision times gain in recall over the thresholds', () => {
    fc.assert(
      fc.property(drawn, (rows) => {
        const positives = rows.filter(([, positive]) => positive).length;
        const thresholds = [...new Set(rows.map(([score]) => score))].sort((a, b) => b - a);
        let recall = 0;
        let want = 0;
        for (const threshold of thresholds) {
          const taken = rows.filter(([score]) => score >= threshold);
          const hits = taken.filter(([, positive]) => positive).length;
          want += (hits / positives - recall) * (hits / taken.length);
          recall = hits / positives;
        }
        const got = averagePrecision(...columns(rows));
        if (positives) expect(got).toBeCloseTo(want, 12);
        else expect(got).toBeNull();
      }),
    );
  });
  it('gives worked values', () => {
    expect(averagePrecision([0.1, 0.4, 0.35, 0.8], Uint8Array.of(0, 0, 1, 1))).toBeCloseTo(5 / 6, 15);
    expect(averagePrecision([1, 1, 1, 1], Uint8Array.of(1, 0, 0, 0))).toBe(0.25);
    expect(averagePrecision([3, 2, 1], Uint8Array.of(1, 0, 0))).toBe(1);
  });
});

describe('precisionAt', () => {
  it('counts among the first k, equal scores by index', () => {
    fc.assert(
      fc.property(
        drawn.filter((rows) => rows.length > 0),
        fc.nat(),
        (rows, number) => {
          const k = 1 + (number % rows.length);
          const first = [...rows].sort(([a], [b]) => b - a).slice(0, k); // a stable sort
          expect(precisionAt(...columns(rows), k)).toBe(first.filter(([, positive]) => positive).length / k);
        },
      ),
    );
    expect(precisionAt([1, 1, 1], Uint8Array.of(1, 0, 0), 1)).toBe(1);
    expect(precisionAt([1, 1, 1], Uint8Array.of(0, 0, 1), 2)).toBe(0);
  });
});

it('scores that are not numbers, marks other than 0 and 1, and wrong counts are refused', () => {
  for (const metric of [auroc, averagePrecision]) {
    expect(() => metric([1, NaN], Uint8Array.of(0, 1))).toThrow(/scores\[1\] is not a number/);
    expect(() => metric([1, 2], Uint8Array.of(0, 2))).toThrow(/positives\[1\] is 2/);
    expect(() => metric([1], Uint8Array.of(0, 1))).toThrow(OptionError);
  }
  for (const k of [0, 3, 1.5, NaN]) expect(() => precisionAt([1, 2], Uint8Array.of(0, 1), k)).toThrow(OptionError);
});
