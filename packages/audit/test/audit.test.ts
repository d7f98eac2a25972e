import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyCalibration,
  applyRecalibration,
  calibrateSuspicion,
  chooseByGain,
  chooseRandom,
  classOffsets,
  classPosterior,
  confidentTransition,
  falseDiscoveryThreshold,
  fitTemperature,
  leadOfOther,
  matrixScaling,
  rankSamples,
  suggestedLabels,
  temper,
  transitionFromVerified,
  verdicts,
  wrongProbability,
} from '@selfcure/audit';
import { auroc } from '@selfcure/core';
import { world } from './world.ts';

/** What cleanlab and SciPy say; see golden.py. */
const golden = JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8')) as {
  classes: number;
  given: number[];
  truth: number[];
  probabilities: number[];
  confidentTransition: number[][];
  classOffsets: number[];
  matrixScaling: number[];
  suspicionCalibration: number[];
};
const { classes, given, truth, probabilities } = golden;

const close = (got: ArrayLike<number>, wanted: readonly number[], digits: number): void =>
  wanted.forEach((value, i) => expect(got[i], `element ${i}`).toBeCloseTo(value, digits));

describe('transition matrices', () => {
  it('the confident joint is that of cleanlab', () => {
    const { matrix } = confidentTransition({ classes, given, probabilities, pseudoCounts: 1e-9 });
    // cleanlab rounds the calibrated joint to whole samples, and takes no pseudo-counts.
    matrix.forEach((row, c) =>
      row.forEach((value, k) => expect(Math.abs(value - golden.confidentTransition[c]![k]!)).toBeLessThan(0.04)),
    );
  });
  it('the standard errors of the confident joint are how much it scatters', () => {
    const estimates = Array.from({ length: 200 }, (_, seed) => {
      const { given: labels, noisy } = world(300, 100 + seed);
      return confidentTransition({ classes: 3, given: labels, probabilities: noisy });
    });
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    for (let c = 0; c < 3; c++)
      for (let k = 0; k < 3; k++) {
        const entries = estimates.map(({ matrix }) => matrix[c]![k]!);
        const spread = Math.sqrt(mean(entries.map((value) => (value - mean(entries)) ** 2)));
        const promised = mean(estimates.map(({ standardError }) => standardError[c]![k]!));
        // Thresholds and class shares scatter too, which the errors leave out.
        expect(promised / spread, `${c} ${k}`).toBeGreaterThan(0.6);
        expect(promised / spread, `${c} ${k}`).toBeLessThan(1.4);
      }
  });
  it('verified labels give the matrix, and an error that covers the truth', () => {
    const { transition, given: labels, truth: truths } = world(4000, 1);
    const inside: number[] = [];
    for (let seed = 0; seed < 20; seed++) {
      const ids = chooseRandom({ given: labels, classes: 3, count: 200, seed });
      const verified = new Int32Array(4000).fill(-1);
      for (const id of ids) verified[id] = truths[id]!;
      const { matrix, standardError, trueShare } = transitionFromVerified({
        given: labels,
        verified,
        classes: 3,
        stratified: true,
      });
      matrix.forEach((row, c) => {
        expect(row.reduce((sum, value) => sum + value)).toBeCloseTo(1, 9);
        row.forEach((value, k) =>
          inside.push(Math.abs(value - transition[c]![k]!) < 2 * standardError[c]![k]! ? 1 : 0),
        );
      });
      expect(trueShare.reduce((sum, value) => sum + value)).toBeCloseTo(1, 9);
    }
    const share = inside.reduce((sum, one) => sum + one) / inside.length;
    expect(share).toBeGreaterThan(0.85);
  });
  it('a row without verified labels is its prior', () => {
    const { matrix } = transitionFromVerified({ given: [0, 0, 0, 1], verified: [0, -1, -1, -1], classes: 2 });
    close(matrix[1]!, [0.4 * 0.75, 0.6 + 0.4 * 0.25], 12);
    close(matrix[0]!, [(1 + 2 * (0.6 + 0.4 * 0.75)) / 3, (2 * 0.4 * 0.25) / 3], 12);
  });
  it('refuses what does not fit', () => {
    expect(() => transitionFromVerified({ given: [0], verified: [-1], classes: 2 })).toThrow(/no label is verified/);
    expect(() => transitionFromVerified({ given: [0], verified: [], classes: 2 })).toThrow(
      /0 verified labels for 1 samples/,
    );
    expect(() => transitionFromVerified({ given: [0], verified: [2], classes: 2 })).toThrow(/verified\[0\] is 2/);
    expect(() => confidentTransition({ classes: 2, given: [0], probabilities: [0.6, 0.6] })).toThrow(/sum to 1.2/);
    expect(() => confidentTransition({ classes: 2, given: [2], probabilities: [0.5, 0.5] })).toThrow(/given\[0\] is 2/);
  });
});

describe('posterior', () => {
  it("is Bayes' rule", () => {
    const transition = [
      [0.9, 0.1],
      [0.4, 0.6],
    ];
    const posterior = classPosterior({ classes: 2, given: [0, 1], probabilities: [0.3, 0.7, 0.3, 0.7], transition });
    const first = (0.3 * 0.9) / (0.3 * 0.9 + 0.7 * 0.4);
    const second = (0.3 * 0.1) / (0.3 * 0.1 + 0.7 * 0.6);
    close(posterior, [first, 1 - first, second, 1 - second], 12);
    close(wrongProbability(posterior, [0, 1], 2), [1 - first, second], 12);
  });
  it('finds wrong labels better than the probability of the given one, and deconvolution undoes p T', () => {
    const { classes: size, given: labels, truth: truths, clean, noisy, transition } = world(3000, 2);
    const wrong = labels.map((label, i) => (label === truths[i] ? 0 : 1));
    const areaOf = (posterior: ArrayLike<number>): number => auroc(wrongProbability(posterior, labels, size), wrong)!;
    const best = areaOf(classPosterior({ classes: size, given: labels, probabilities: clean, transition }));
    const raw = auroc(wrongProbability(noisy, labels, size), wrong)!;
    const deconvolved = areaOf(
      classPosterior({ classes: size, given: labels, probabilities: noisy, transition, deconvolution: 200 }),
    );
    expect(best).toBeGreaterThan(raw + 0.01);
    expect(deconvolved).toBeCloseTo(best, 2);
  });
  it('temperature is the most likely one for the given labels, and undoes what made them too sure', () => {
    const { given: labels, clean, transition } = world(3000, 4);
    const powers = (rows: readonly number[], power: number): number[] =>
      rows.map((_, at) => {
        const row = rows.slice(at - (at % 3), at - (at % 3) + 3).map((p) => p ** power);
        return row[at % 3]! / row.reduce((sum, p) => sum + p);
      });
    const loss = (rows: ArrayLike<number>): number =>
      labels.reduce(
        (sum, label, i) => sum - Math.log(transition.reduce((all, row, c) => all + rows[3 * i + c]! * row[label]!, 0)),
        0,
      );
    for (const power of [0.3, 1, 2]) {
      const probabilities = powers(clean, power);
      const found = fitTemperature({ classes: 3, given: labels, probabilities, transition });
      const best = Math.min(...[0.15, 0.3, 0.6, 1, 1.5, 2, 3].map((t) => loss(powers(probabilities, 1 / t))));
      expect(loss(temper(probabilities, 3, found))).toBeLessThan(best + 0.01);
      expect(found / power).toBeGreaterThan(0.7);
      expect(found / power).toBeLessThan(1.4);
    }
  });
  it('stays what the image says where the matrix rules the label out', () => {
    const posterior = classPosterior({
      classes: 2,
      given: [1],
      probabilities: [0.2, 0.8],
      transition: [
        [1, 0],
        [1, 0],
      ],
    });
    close(posterior, [0.2, 0.8], 12);
  });
  it('the lead of another class, the ranking and the verdicts follow from it', () => {
    const rows = [0.7, 0.2, 0.1, 0.1, 0.2, 0.7, 0.35, 0.3, 0.35];
    const labels = [0, 0, 1];
    close(leadOfOther({ classes: 3, given: labels, probabilities: rows }), [-0.5, 0.6, 0.05], 12);
    expect([...rankSamples([0.1, 0.9, 0.9, 0.2])]).toEqual([1, 2, 3, 0]);
    const suspicion = wrongProbability(rows, labels, 3);
    expect(verdicts({ posterior: rows, given: labels, classes: 3, suspicion, threshold: 0.5 })).toEqual([
      'right',
      'wrong',
      'ambiguous',
    ]);
    expect([...suggestedLabels(rows, 3, 3)]).toEqual([0, 2, 0]);
  });
});

describe('thresholds', () => {
  it('calibration is the one of SciPy', () => {
    const suspicion = given.map((label, i) => 1 - probabilities[i * classes + label]!);
    const { slope, offset } = calibrateSuspicion(
      suspicion,
      given.map((label, i) => (label === truth[i] ? 0 : 1)),
    );
    close([slope, offset], golden.suspicionCalibration, 4);
    expect(applyCalibration({ slope: 1, offset: 0 }, [0.3])[0]).toBeCloseTo(0.3, 12);
  });
  it('the list keeps its false-discovery rate where the probabilities are right', () => {
    const { classes: size, given: labels, truth: truths, clean, transition } = world(20000, 3);
    const suspicion = wrongProbability(
      classPosterior({ classes: size, given: labels, probabilities: clean, transition }),
      labels,
      size,
    );
    for (const rate of [0.1, 0.2, 0.4]) {
      const { threshold, count, expectedRate } = falseDiscoveryThreshold(suspicion, rate);
      const list = labels.flatMap((_, i) => (suspicion[i]! >= threshold ? [i] : []));
      expect(list).toHaveLength(count);
      expect(expectedRate).toBeLessThanOrEqual(rate);
      const real = list.filter((i) => labels[i] === truths[i]).length / count;
      expect(Math.abs(real - rate)).toBeLessThan(0.03);
    }
  });
  it('is the longest list of any scores', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 30 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (scores, rate) => {
          const suspicion = scores.map((score) => score / 20);
          const { threshold, count } = falseDiscoveryThreshold(suspicion, rate);
          const rateFrom = (least: number): number => {
            const list = suspicion.filter((p) => p >= least);
            return list.reduce((sum, p) => sum + 1 - p, 0) / list.length;
          };
          expect(suspicion.filter((p) => p >= threshold)).toHaveLength(count);
          if (count > 0) expect(rateFrom(threshold)).toBeLessThanOrEqual(rate + 1e-9);
          for (const longer of suspicion.filter((p) => p < threshold))
            expect(rateFrom(longer)).toBeGreaterThan(rate - 1e-9);
        },
      ),
    );
    expect(falseDiscoveryThreshold([0.1], 0.5)).toEqual({ threshold: Infinity, count: 0, expectedRate: 0 });
    expect(() => falseDiscoveryThreshold([0.1], 1)).toThrow(/outside \(0, 1\)/);
    expect(() => falseDiscoveryThreshold([1.2], 0.1)).toThrow(/probability of being wrong/);
  });
});

describe('recalibration', () => {
  it('offsets and matrix are those of SciPy', () => {
    const known = { classes, probabilities, truth };
    close(classOffsets(known).offsets, golden.classOffsets, 4);
    const { weights, offsets } = matrixScaling(known);
    close([...weights.flat(), ...offsets], golden.matrixScaling, 3);
  });
  it('gives distributions, and lowers the cross-entropy of what it was fitted on', () => {
    const loss = (rows: ArrayLike<number>): number =>
      truth.reduce((sum, label, i) => sum - Math.log(rows[i * classes + label]!), 0);
    for (const fit of [classOffsets, matrixScaling]) {
      const better = applyRecalibration(fit({ classes, probabilities, truth }), probabilities);
      for (let i = 0; i < truth.length; i++)
        expect(better.slice(i * classes, (i + 1) * classes).reduce((sum, p) => sum + p)).toBeCloseTo(1, 9);
      expect(loss(better)).toBeLessThan(loss(probabilities));
    }
  });
  it('refuses nothing, and labels out of range', () => {
    expect(() => classOffsets({ classes: 2, probabilities: [], truth: [] })).toThrow(/Verify some labels/);
    expect(() => matrixScaling({ classes: 2, probabilities: [0.5, 0.5], truth: [2] })).toThrow(/truth\[0\] is 2/);
  });
});

describe('choosing what to verify', () => {
  it('takes of every given label as many as its share, and no excluded sample', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 5, maxLength: 200 }),
        fc.nat(),
        (labels, pick) => {
          const exclude = labels.map((_, i) => (i % 7 === 3 ? 1 : 0));
          const free = labels.flatMap((_, i) => (exclude[i] ? [] : [i]));
          const count = 1 + (pick % free.length);
          const ids = [...chooseRandom({ given: labels, classes: 5, count, seed: pick, exclude })];
          expect(new Set(ids).size).toBe(count);
          expect(ids.some((id) => exclude[id])).toBe(false);
          for (let label = 0; label < 5; label++) {
            const wanted = (count * free.filter((i) => labels[i] === label).length) / free.length;
            const got = ids.filter((id) => labels[id] === label).length;
            expect(Math.abs(got - wanted)).toBeLessThan(5);
            if (wanted > 0 && count >= 5) expect(got).toBeGreaterThan(0);
          }
        },
      ),
    );
    const all = { given: [0, 0, 1], classes: 2, seed: 0 };
    expect([...chooseRandom({ ...all, count: 3 })].sort()).toEqual([0, 1, 2]);
    expect(() => chooseRandom({ ...all, count: 4 })).toThrow(/whole number in \[1, 3\]/);
  });
  it('by gain: likely wrong and clearly something else first', () => {
    const posterior = [0.9, 0.1, 0, 0.1, 0.85, 0.05, 0.1, 0.45, 0.45];
    const options = { given: [0, 0, 0], classes: 3, seed: 0, posterior };
    expect([...chooseByGain({ ...options, count: 3 })]).toEqual([1, 2, 0]);
    expect([...chooseByGain({ ...options, count: 1, exclude: [0, 1, 0] })]).toEqual([2]);
  });
});
