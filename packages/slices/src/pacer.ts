import type { Callback, StepEvent } from '@selfcure/core';
import { learnt, learntAtMost } from './timings.ts';
import type { Timings } from './timings.ts';

/** When a slice has to end so that its state can be saved. Milliseconds throughout. */
export interface Pacer {
  /** What has been measured so far. */
  readonly timings: Timings;
  /** Steps done in this slice. */
  readonly steps: number;
  /** Option `until` of `train`. */
  until(): boolean;
  /** Option `signal` of `train`: asked before every step, the first of an epoch included. */
  readonly signal: { readonly aborted: boolean };
  /** The last callback of the run. */
  readonly callback: Callback;
  /** Takes the duration of a save into account. */
  saved(milliseconds: number): void;
  /** Whether there is time to save and then to save again at the end. */
  timeToSave(): boolean;
}

/**
 * Paces a slice by what earlier ones have learnt. A slice always does one step, or ends one epoch: one that is too short for
 * that is for the caller to see, in `attempts`.
 *
 * @param deadline the slice and its save are to be over by then; Infinity: none.
 * @param evaluationSteps batches that the end of an epoch evaluates; a guess of its duration before one was measured.
 * @param ended whether the slice is to end for another reason.
 */
export function createPacer(options: {
  readonly deadline: number;
  readonly timings: Timings;
  readonly evaluationSteps: number;
  readonly now: () => number;
  readonly ended: () => boolean;
}): Pacer {
  const { deadline, evaluationSteps, now, ended } = options;
  let { step, epochEnd, save } = options.timings;
  const begin = now();
  /** When the thing that is being measured began. */
  let last = begin;
  let position: StepEvent | null = null;
  let steps = 0;
  let epochs = 0;
  /** The steps of an epoch are done, and the first of the next one has not begun. */
  let betweenEpochs = true;
  let savedMeanwhile = 0;

  // Nothing measured yet: a tenth of the slice.
  const saveTime = (): number => save ?? Math.max(250, (deadline - begin) / 10);
  /** Whether something of this duration and a save, which may take a quarter longer than it ever did, are over in time. */
  const fits = (duration: number, saves = 1): boolean => now() + duration + saves * 1.25 * saveTime() <= deadline;

  return {
    get timings() {
      return { step, epochEnd, save };
    },
    get steps() {
      return steps;
    },
    until: () => {
      const time = now();
      // The first step of a slice also warms the engine up, as does an epoch's end before it.
      step = (steps > 1 ? learnt : learntAtMost)(step, time - last);
      last = time;
      betweenEpochs = position !== null && position.step === position.stepsPerEpoch;
      savedMeanwhile = 0;
      if (ended()) return true;
      return !fits(betweenEpochs ? (epochEnd ?? evaluationSteps * step) : step);
    },
    signal: {
      get aborted() {
        if (ended()) return true;
        if (!betweenEpochs) return false;
        betweenEpochs = false;
        const time = now();
        if (epochs > 0) epochEnd = (steps > 0 ? learnt : learntAtMost)(epochEnd, time - last - savedMeanwhile);
        last = time;
        return epochs + steps > 0 && !fits(step ?? 0);
      },
    },
    callback: {
      name: 'Pacer',
      onTrainBegin: () => {
        last = now();
      },
      onStepEnd: (event) => {
        position = event;
        steps++;
      },
      onEpochEnd: () => {
        epochs++;
      },
    },
    saved: (milliseconds) => {
      save = learnt(save, milliseconds);
      savedMeanwhile += milliseconds;
    },
    timeToSave: () => fits(0, 2),
  };
}
