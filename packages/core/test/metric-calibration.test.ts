import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../src/errors.ts';
import { brierScore, expectedCalibrationError, negativeLogLikelihood, reliability } from '../src/metric/calibration.ts';

const classes = 3;
const samples = fc.array(
  fc.tuple(
    fc
      .array(fc.integer({ min: 0, max: 9 }), { minLength: classes, maxLength: classes })
      .filter((row) => row.some(Boolean)),
    fc.integer({ min: -1, max: classes - 1 }),
  ),
  { maxLength: 30 },
);
const normalized = (row: number[]): number[] => row.map((value) => value / row.reduce((a, b) => a + b, 0));
const close = (got: number | null, want: number): void => {
  if (Number.isNaN(want)) expect(got).toBeNull();
  else expect(got).toBeCloseTo(want, 12);
};

describe('calibration metrics', () => {
  it('agree with their definitions', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 20 }), (drawn, bins) => {
        const rows = drawn.map(([row, truth]) => ({ row: normalized(row), truth }));
        const probabilities = Float64Array.from(rows.flatMap(({ row }) => row));
        const truth = Int32Array.from(rows, (sample) => sample.truth);
        const known = rows.filter((sample) => sample.truth >= 0);

        let error = 0;
        for (let bin = 0; bin < bins; bin++) {
          const inside = known.filter(
            ({ row }) => Math.max(...row) > bin / bins && Math.max(...row) <= (bin + 1) / bins,
          );
          const right = inside.filter(({ row, truth: label }) => row.indexOf(Math.max(...row)) === label).length;
          const confidence = inside.reduce((sum, { row }) => sum + Math.max(...row), 0);
          error += Math.abs(right - confidence) / known.length;
          expect(reliability(probabilities, truth, classes, bins)[bin]?.count).toBe(inside.length);
        }
        close(expectedCalibrationError(probabilities, truth, classes, bins), error);

        const likelihood = known.map(({ row, truth: label }) => -Math.log(Math.max(2 ** -23, row[label]!)));
        close(
          negativeLogLikelihood(probabilities, truth, classes),
          likelihood.reduce((a, b) => a + b, 0) / known.length,
        );
        const brier = known.flatMap(({ row, truth: label }) => row.map((p, c) => (p - (c === label ? 1 : 0)) ** 2));
        close(brierScore(probabilities, truth, classes), brier.reduce((a, b) => a + b, 0) / known.length);
      }),
    );
  });

  it('puts a confidence on an edge into the lower bin', () => {
    const bins = reliability([0.5, 0.5, 0.6, 0.4, 1, 0], [0, 1, 1], 2, 10);
    expect(bins.map(({ count }) => count)).toEqual([0, 0, 0, 0, 1, 1, 0, 0, 0, 1]);
    expect(bins[4]).toEqual({ from: 0.4, to: 0.5, count: 1, confidence: 0.5, accuracy: 1 });
    expect(bins[5]).toEqual({ from: 0.5, to: 0.6, count: 1, confidence: 0.6, accuracy: 0 });
    expect(bins[0]).toEqual({ from: 0, to: 0.1, count: 0, confidence: null, accuracy: null });
    for (let k = 5; k <= 10; k++) {
      const counts = reliability([k / 10, 1 - k / 10], [0], 2, 10).map(({ count }) => count);
      expect(counts.indexOf(1), `confidence ${k / 10}`).toBe(k - 1);
    }
  });

  it('has 15 bins by default', () => {
    expect(reliability([], [], 2)).toHaveLength(15);
  });

  it('bounds the loss of a sample by the probability floor', () => {
    expect(negativeLogLikelihood([0, 1], [0], 2)).toBeCloseTo(23 * Math.LN2, 12);
    expect(negativeLogLikelihood([1, 0], [0], 2)).toBeCloseTo(0, 15);
    expect(brierScore([0, 1], [0], 2)).toBe(2);
  });

  it('is null without true labels, and reads no row of theirs', () => {
    const unknown = Float32Array.of(NaN, NaN);
    expect(expectedCalibrationError(unknown, [-1], 2)).toBeNull();
    expect(negativeLogLikelihood(unknown, [-1], 2)).toBeNull();
    expect(brierScore(unknown, [-1], 2)).toBeNull();
  });

  it('refuses what is no distribution', () => {
    expect(() => brierScore([NaN, 1], [0], 2)).toThrow(/sample 0, class 0 is NaN/);
    expect(() => brierScore([1.5, -0.5], [0], 2)).toThrow(OptionError);
    expect(() => negativeLogLikelihood([0.5, 0.5, 0.2, 0.2], [0, 1], 2)).toThrow(/sample 1 sum to 0.4/);
    expect(() => expectedCalibrationError([1, 0], [0, 1], 2)).toThrow(OptionError);
    expect(() => reliability([1, 0], [2], 2)).toThrow(/truth\[0\] is 2/);
    expect(() => reliability([1, 0], [0], 2, 0)).toThrow(/bins is 0/);
  });
});
