import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../src/errors.ts';
import {
  accuracy,
  balancedAccuracy,
  confusionMatrix,
  macroF1,
  perClassRecall,
  predictedLabels,
} from '../src/metric/classification.ts';

const labelled = fc.integer({ min: 1, max: 5 }).chain((classes) =>
  fc.record({
    classes: fc.constant(classes),
    pairs: fc.array(fc.tuple(fc.integer({ min: -1, max: classes - 1 }), fc.nat(classes - 1)), { maxLength: 40 }),
  }),
);
const columns = (pairs: [number, number][]): [Int32Array, Int32Array] => [
  Int32Array.from(pairs, ([truth]) => truth),
  Int32Array.from(pairs, ([, predicted]) => predicted),
];
const mean = (values: number[]): number | null =>
  values.length ? values.reduce((a, b) => a + b, 0) / values.length : null;
const close = (got: number | null, want: number | null): void => {
  if (want === null || got === null) expect(got).toBe(want);
  else expect(got).toBeCloseTo(want, 12);
};

describe('classification metrics', () => {
  it('agree with their definitions, sample by sample', () => {
    fc.assert(
      fc.property(labelled, ({ classes, pairs }) => {
        const [truth, predicted] = columns(pairs);
        const known = pairs.filter(([label]) => label >= 0);
        const matrix = confusionMatrix(truth, predicted, classes);
        const recalls: (number | null)[] = [];
        const scores: number[] = [];
        for (let c = 0; c < classes; c++) {
          for (let p = 0; p < classes; p++) {
            expect(matrix[c * classes + p]).toBe(known.filter(([a, b]) => a === c && b === p).length);
          }
          const ofClass = known.filter(([a]) => a === c);
          const asClass = known.filter(([, b]) => b === c);
          const right = ofClass.filter(([a, b]) => a === b).length;
          recalls.push(ofClass.length ? right / ofClass.length : null);
          if (!ofClass.length && !asClass.length) continue;
          const precision = asClass.length ? right / asClass.length : 0;
          const recall = ofClass.length ? right / ofClass.length : 0;
          scores.push(precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0);
        }
        expect(perClassRecall(truth, predicted, classes)).toEqual(recalls);
        close(accuracy(truth, predicted, classes), mean(known.map(([a, b]) => (a === b ? 1 : 0))));
        close(balancedAccuracy(truth, predicted, classes), mean(recalls.filter((recall) => recall !== null)));
        close(macroF1(truth, predicted, classes), mean(scores));
      }),
    );
  });

  it('give the values of worked examples', () => {
    expect(confusionMatrix([2, 0, 2, 2, 0, 1], [0, 0, 2, 2, 0, 2], 3)).toEqual(
      Int32Array.of(2, 0, 0, 0, 0, 1, 1, 0, 2),
    );
    expect(balancedAccuracy([0, 1, 0, 0, 1, 0], [0, 1, 0, 0, 0, 1], 2)).toBe(0.625);
    expect(macroF1([0, 1, 2, 0, 1, 2], [0, 2, 1, 0, 0, 1], 3)).toBeCloseTo(0.8 / 3, 15);
    expect(accuracy([0, 1, 2, 3], [0, 2, 1, 3], 4)).toBe(0.5);
  });

  it('leave out samples without a true label, and classes that do not occur', () => {
    expect(accuracy([-1, 0, -1], [1, 0, 0], 2)).toBe(1);
    expect(accuracy([-1, -1], [0, 1], 2)).toBeNull();
    expect(macroF1([-1], [0], 2)).toBeNull();
    expect(balancedAccuracy([], [], 3)).toBeNull();
    expect(perClassRecall([0, -1], [0, 1], 3)).toEqual([1, null, null]);
    expect(macroF1([0, -1], [0, 1], 3)).toBe(1);
    expect(macroF1([0, 0], [0, 1], 3)).toBeCloseTo(1 / 3, 15);
  });

  it('refuse labels that are no class, by name', () => {
    expect(() => confusionMatrix([0, 2], [0, 0], 2)).toThrow(/truth\[1\] is 2.*\[-1, 1\]/);
    expect(() => accuracy([0], [-1], 2)).toThrow(/predicted\[0\] is -1/);
    expect(() => accuracy([0, NaN], [0, 0], 2)).toThrow(OptionError);
    expect(() => macroF1([0.5], [0], 2)).toThrow(OptionError);
    expect(() => balancedAccuracy([0, 1], [0], 2)).toThrow(/2 elements, predicted 1/);
    expect(() => accuracy([], [], 0)).toThrow(/classes is 0/);
  });
});

describe('predictedLabels', () => {
  it('takes the lowest of the largest', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }), { maxLength: 10 }), (rows) => {
        const want = rows.map((row) => row.indexOf(Math.max(...row)));
        expect([...predictedLabels(Float32Array.from(rows.flat()), 4)]).toEqual(want);
      }),
    );
    expect([...predictedLabels([-Infinity, -Infinity, -2, -3], 2)]).toEqual([0, 0]);
  });
  it('refuses NaN and ragged rows', () => {
    expect(() => predictedLabels([0.5, NaN], 2)).toThrow(/probabilities\[1\] is not a number/);
    expect(() => predictedLabels([1, 0, 1], 2)).toThrow(OptionError);
  });
});
