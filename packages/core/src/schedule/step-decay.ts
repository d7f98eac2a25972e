import { OptionError } from '../errors.ts';
import { checkOption } from './check.ts';
import { named } from './schedule.ts';
import type { Schedule } from './schedule.ts';

/** Options of {@link stepDecay}. */
export interface StepDecayOptions {
  /** Of the first epochs. */
  readonly learningRate: number;
  /** What it is multiplied with each time, in (0, 1]. Default 0.1. */
  readonly factor?: number;
  /** Epochs (1-based) after which that happens: with 15, epoch 16 is the first slower one. */
  readonly epochs: readonly number[];
}

/**
 * A learning rate that falls by a factor after certain epochs. SCN's paper (section 4.2) starts from 0.1 and divides by 10
 * after 15 and 30 of 40 epochs.
 *
 * @throws OptionError where a number is out of range.
 * @example stepDecay({ learningRate: 0.1, epochs: [15, 30] })
 */
export function stepDecay({ learningRate, factor = 0.1, epochs }: StepDecayOptions): Schedule {
  checkOption('stepDecay', 'learningRate', learningRate, { from: 0 });
  checkOption('stepDecay', 'factor', factor, { from: 0, to: 1, open: true });
  const wrong = epochs.find((epoch) => !Number.isInteger(epoch) || epoch < 1);
  if (wrong !== undefined) {
    throw new OptionError(`stepDecay: epochs holds ${wrong}. Pass whole epoch numbers from 1, such as [15, 30]`);
  }
  const after = [...epochs];
  return named({ schedule: 'step', learningRate, factor, epochs: after }, ({ epoch }) =>
    after.reduce((rate, boundary) => (epoch > boundary ? rate * factor : rate), learningRate),
  );
}
