import { OptionError } from '../errors.ts';
import type { Callback } from './callback.ts';
import { monitorMode } from './history.ts';

/** Options of {@link earlyStopping}. */
export interface EarlyStoppingOptions {
  /** Value of the epoch log. Default `'validation/accuracy'`. */
  readonly monitor?: string;
  /** Whether larger is better. Default: by name, losses fall. */
  readonly mode?: 'max' | 'min';
  /** Epochs without an improvement after which the run ends. Default 5. */
  readonly patience?: number;
  /** The least change that counts. Default 0. */
  readonly minDelta?: number;
  /** First epoch that is watched. Default 1. */
  readonly startFromEpoch?: number;
}

/**
 * Ends a run when a value no longer improves. It reads the history alone, so a resumed run stops at the same epoch; with
 * the option `keepBest` of `train` the weights of the best epoch are in `run.best`.
 *
 * @throws OptionError at the first epoch's end where the log has no such value.
 * @example callbacks: [earlyStopping({ monitor: 'validation/accuracy', patience: 3 })]
 */
export function earlyStopping({
  monitor = 'validation/accuracy',
  mode = monitorMode(monitor),
  patience = 5,
  minDelta = 0,
  startFromEpoch = 1,
}: EarlyStoppingOptions = {}): Callback {
  if (!Number.isInteger(patience) || patience < 1)
    throw new OptionError(`earlyStopping: patience ${patience} is not a whole number from 1`);
  return {
    name: 'EarlyStopping',
    onEpochEnd: ({ history, log, epoch }) => {
      if (!Object.hasOwn(log, monitor)) {
        throw new OptionError(
          `earlyStopping: the log has no '${monitor}'. Known: ${Object.keys(log).join(', ')}. Validation values need the option validation`,
        );
      }
      let best: number | null = null;
      let bestEpoch = startFromEpoch;
      for (const one of history.epochs) {
        if (one.epoch < startFromEpoch) continue;
        const value = one[monitor] ?? NaN;
        if (Number.isNaN(value)) continue;
        if (best === null || (mode === 'max' ? value > best + minDelta : value < best - minDelta)) {
          best = value;
          bestEpoch = one.epoch;
        }
      }
      return epoch - bestEpoch >= patience ? 'stop' : undefined;
    },
  };
}
