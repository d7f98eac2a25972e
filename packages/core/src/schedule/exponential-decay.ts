import { checkOption } from './check.ts';
import { named } from './schedule.ts';
import type { Schedule } from './schedule.ts';

/** Options of {@link exponentialDecay}. */
export interface ExponentialDecayOptions {
  /** Of the first epoch. */
  readonly learningRate: number;
  /** What it is multiplied with after every epoch, in (0, 1]. Default 0.9, as in the authors' code. */
  readonly decay?: number;
}

/**
 * A learning rate that falls by the same factor after every epoch.
 *
 * @throws OptionError where a number is out of range.
 * @example exponentialDecay({ learningRate: 1e-3 }) // 0.001, 0.0009, 0.00081, …
 */
export function exponentialDecay({ learningRate, decay = 0.9 }: ExponentialDecayOptions): Schedule {
  checkOption('exponentialDecay', 'learningRate', learningRate, { from: 0 });
  checkOption('exponentialDecay', 'decay', decay, { from: 0, to: 1, open: true });
  return named({ schedule: 'exponential', learningRate, decay }, ({ epoch }) => {
    let rate = learningRate;
    for (let passed = 1; passed < epoch; passed++) rate *= decay;
    return rate;
  });
}
