import { OptionError } from '../errors.ts';

/**
 * Numbers of one epoch by name: `epoch`, `loss`, `accuracy` (of the training pass, against the current labels),
 * `learningRate`, `term/<name>`, `term/<name>/active` (share of steps where it is above 0), `importance` (mean),
 * `relabelled`, `dropped`, `restored`, `refused` (in this epoch), `edited` and `out` (standing edits and drops), `largestClass`
 * (share of the largest class), `noise` (share of wrong labels among those in the loss, where truth is known),
 * `validation/<metric>`, `seconds`, `values` (held by the engine).
 */
export type EpochLog = Readonly<Record<string, number>> & {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly learningRate: number;
};

/** The epochs of a run, in order. */
export interface History {
  readonly epochs: readonly EpochLog[];
  /** Log of the last epoch. */
  last(): EpochLog | undefined;
  /** One value over the epochs; NaN where an epoch has none. Throws an OptionError where no epoch has it. */
  series(name: string): number[];
  /** Epoch with the best value, the first among equals; undefined where all are NaN. Throws an OptionError where no epoch has it. */
  best(name: string, mode?: 'max' | 'min'): EpochLog | undefined;
}

/**
 * A history over epoch logs.
 *
 * @example createHistory(run.state.history).series('loss')
 */
export function createHistory(epochs: readonly EpochLog[]): History {
  const check = (name: string): void => {
    if (epochs.length === 0 || epochs.some((log) => Object.hasOwn(log, name))) return;
    throw new OptionError(
      `history has no '${name}'. Known: ${[...new Set(epochs.flatMap((log) => Object.keys(log)))].join(', ')}`,
    );
  };
  return {
    epochs,
    last: () => epochs.at(-1),
    series: (name) => {
      check(name);
      return epochs.map((log) => log[name] ?? NaN);
    },
    best: (name, mode = monitorMode(name)) => {
      check(name);
      let best: EpochLog | undefined;
      for (const log of epochs) {
        const value = log[name];
        if (value === undefined || Number.isNaN(value)) continue;
        if (!best || (mode === 'max' ? value > best[name]! : value < best[name]!)) best = log;
      }
      return best;
    },
  };
}

/**
 * Whether larger is better: losses, their terms, errors and noise are to fall, everything else is to rise.
 *
 * @example monitorMode('validation/negativeLogLikelihood') // 'min'
 */
export function monitorMode(name: string): 'max' | 'min' {
  return /loss|term\/|likelihood|calibrationerror|noise|brier/i.test(name) ? 'min' : 'max';
}
