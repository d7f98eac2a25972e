import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../src/errors.ts';
import { constant } from '../src/schedule/constant.ts';
import { cosineDecay } from '../src/schedule/cosine-decay.ts';
import { exponentialDecay } from '../src/schedule/exponential-decay.ts';
import type { Schedule } from '../src/schedule/schedule.ts';
import { stepDecay } from '../src/schedule/step-decay.ts';
import { warmUp } from '../src/schedule/warm-up.ts';

/** Rates of every step of a run. */
const rates = (schedule: Schedule, epochs: number, stepsPerEpoch: number): number[] =>
  Array.from({ length: epochs * stepsPerEpoch }, (_, step) =>
    schedule({ step, epoch: 1 + Math.floor(step / stepsPerEpoch), stepsPerEpoch, epochs }),
  );

describe('schedules', () => {
  it('constant', () => {
    expect(rates(constant(0.01), 2, 2)).toEqual([0.01, 0.01, 0.01, 0.01]);
  });

  it('stepDecay falls after its epochs: the schedule of the paper', () => {
    const byEpoch = rates(stepDecay({ learningRate: 0.1, epochs: [15, 30] }), 40, 1);
    byEpoch.forEach((rate, i) => expect(rate).toBeCloseTo(i < 15 ? 0.1 : i < 30 ? 0.01 : 0.001, 15));
    expect(rates(stepDecay({ learningRate: 8, factor: 0.5, epochs: [2, 1] }), 4, 2)).toEqual([8, 8, 4, 4, 2, 2, 2, 2]);
  });

  it('stepDecay keeps its own copy of the epochs', () => {
    const epochs = [1];
    const schedule = stepDecay({ learningRate: 1, factor: 0.5, epochs });
    epochs.push(2);
    expect(rates(schedule, 3, 1)).toEqual([1, 0.5, 0.5]);
  });

  it('exponentialDecay falls after every epoch', () => {
    expect(rates(exponentialDecay({ learningRate: 1 }), 3, 2)).toEqual([1, 1, 0.9, 0.9, 0.9 * 0.9, 0.9 * 0.9]);
    expect(rates(exponentialDecay({ learningRate: 16, decay: 0.5 }), 3, 1)).toEqual([16, 8, 4]);
  });

  it('cosineDecay with one epoch of warm-up', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 1, max: 9 }), (epochs, stepsPerEpoch) => {
        const total = epochs * stepsPerEpoch;
        const got = rates(cosineDecay({ learningRate: 2e-3, warmUpEpochs: 1 }), epochs, stepsPerEpoch);
        got.forEach((rate, step) => {
          const wave = 0.5 * (1 + Math.cos((Math.PI * (step - stepsPerEpoch)) / (total - stepsPerEpoch)));
          const share = step < stepsPerEpoch ? Math.min(1, (step + 1) / stepsPerEpoch) : wave;
          expect(Math.abs(rate - 2e-3 * share)).toBeLessThan(1e-16);
        });
      }),
    );
  });

  it('cosineDecay goes from the learning rate towards the final one and stays there', () => {
    const schedule = cosineDecay({ learningRate: 1, final: 0.2 });
    const got = rates(schedule, 2, 2);
    [1, 0.6 + 0.4 * Math.SQRT1_2, 0.6, 0.6 - 0.4 * Math.SQRT1_2].forEach((want, i) =>
      expect(got[i]).toBeCloseTo(want, 14),
    );
    expect(schedule({ step: 4, epoch: 3, stepsPerEpoch: 2, epochs: 2 })).toBe(0.2);
    expect(schedule({ step: 400, epoch: 200, stepsPerEpoch: 2, epochs: 2 })).toBe(0.2);
  });

  it('a warm-up longer than the run only warms up', () => {
    expect(rates(cosineDecay({ learningRate: 8, warmUpEpochs: 4 }), 2, 2)).toEqual([1, 2, 3, 4]);
  });

  it('warmUp scales another schedule', () => {
    expect(rates(warmUp(constant(8), { epochs: 2 }), 3, 2)).toEqual([2, 4, 6, 8, 8, 8]);
    expect(rates(warmUp(exponentialDecay({ learningRate: 8, decay: 0.5 }), { epochs: 2 }), 3, 1)).toEqual([4, 4, 2]);
    expect(rates(warmUp(constant(8), { epochs: 0 }), 1, 2)).toEqual([8, 8]);
    expect(rates(warmUp(constant(6), { epochs: 0.75 }), 1, 4)).toEqual([2, 4, 6, 6]);
  });

  it('numbers out of range are refused by name', () => {
    expect(() => constant(-1)).toThrow(/constant: learningRate is -1/);
    expect(() => constant(NaN)).toThrow(OptionError);
    expect(() => stepDecay({ learningRate: 1, factor: 0, epochs: [] })).toThrow(/factor is 0/);
    expect(() => stepDecay({ learningRate: 1, epochs: [0] })).toThrow(/epochs holds 0/);
    expect(() => exponentialDecay({ learningRate: 1, decay: 1.1 })).toThrow(/decay is 1.1/);
    expect(() => cosineDecay({ learningRate: 1, final: 2 })).toThrow(/final is 2/);
    expect(() => cosineDecay({ learningRate: 1, warmUpEpochs: -1 })).toThrow(OptionError);
    expect(() => warmUp(constant(1), { epochs: Infinity })).toThrow(OptionError);
  });
});
