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
  /** One value over the epochs. */
  series(name: string): number[];
  /** Epoch with the best value; the first among equals; undefined where none has it. */
  best(name: string, mode?: 'max' | 'min'): EpochLog | undefined;
}

/** A history over epoch logs. */
export function createHistory(epochs: readonly EpochLog[]): History {
  return {
    epochs,
    last: () => epochs.at(-1),
    series: (name) => {
      const known = epochs[0];
      if (known && !Object.hasOwn(known, name)) throw new OptionError(`history has no '${name}'. Known: ${Object.keys(known).join(', ')}`);
      return epochs.map((log) => log[name]!);
    },
    best: (name, mode = monitorMode(name)) => {
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

/** Whether larger is better: losses, errors and noise are to fall, everything else is to rise. */
export function monitorMode(name: string): 'max' | 'min' {
  return /loss|likelihood|calibrationerror|noise|brier/i.test(name) ? 'min' : 'max';
}
