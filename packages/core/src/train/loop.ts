import { createHistory } from '../callback/history.ts';
import { NonFiniteError, TrainError } from '../errors.ts';
import { endEpoch } from './end-epoch.ts';
import { findNonFiniteWeights } from './non-finite.ts';
import type { TrainOptions } from './options.ts';
import { planEpoch } from './plan-epoch.ts';
import type { Run, RunEnd } from './run.ts';
import { closeSession, openSession, resultOf, snapshot } from './session.ts';
import type { Session } from './session.ts';
import type { TrainState } from './state.ts';
import { runSteps } from './steps.ts';

/**
 * Trains a classifier on noisy labels: epochs of steps, relabelling between them, evaluation, callbacks.
 *
 * A run is a slice of itself: `signal` or `until` pause it after any step, and `resume` goes on from its state with the
 * same bits. One seed decides first weights, order and augmentation, on every engine.
 *
 * @throws OptionError where options do not fit each other, before any work.
 * @throws CheckpointError where `resume` belongs to another run.
 * @throws NonFiniteError where loss, importance or weights are no numbers; see `terminateOnNaN`.
 * @throws TrainError where anything else fails on the way; it carries the state of the last finished epoch.
 * @example
 * const run = await train({ backend: await wasm(), model: faceCnn({ classes: 7 }), recipe: cure(), data, epochs: 20 });
 * console.log(run.history.last(), run.ledger.changes().length);
 */
export async function train(options: TrainOptions): Promise<Run> {
  const session = await openSession(options);
  try {
    const { end, state } = await runEpochs(session);
    const run = resultOf(session, end, state);
    for (const callback of session.callbacks)
      await callback.onTrainEnd?.({ history: run.history, done: end === 'finished' });
    return run;
  } finally {
    closeSession(session);
  }
}

/**
 * Epochs until the run is done or ends early. The state is that of its end, or of the last finished epoch where the network
 * went wrong; an error carries that state too.
 */
async function runEpochs(session: Session): Promise<{ end: RunEnd; state: TrainState }> {
  const { options, callbacks, logs, at } = session;
  const { epochs } = options;
  const history = createHistory(logs);
  let finished = await snapshot(session);
  try {
    for (const callback of callbacks) await callback.onTrainBegin?.({ epochs, history });
    while (at.epoch <= epochs) {
      const { epoch } = at;
      const started = Date.now();
      if (at.step === 0) {
        for (const callback of callbacks) await callback.onEpochBegin?.({ epoch, epochs });
        at.plan = planEpoch(session);
      }
      const early = await runSteps(session);
      if (typeof early === 'string') return { end: early, state: await snapshot(session) };

      const weights = early ? {} : await session.state.read();
      const broken = early ?? findNonFiniteWeights(weights, epoch, at.step);
      if (broken) {
        for (const callback of callbacks)
          if ((await callback.onNonFinite?.(broken)) === 'stop') return { end: 'non-finite', state: finished };
        throw new NonFiniteError(broken, finished);
      }
      const { log, state } = await endEpoch(session, weights, started);
      finished = state;
      let stop = false;
      for (const callback of callbacks) {
        if ((await callback.onEpochEnd?.({ epoch, epochs, log, history, state })) === 'stop') stop = true;
      }
      if (stop && at.epoch <= epochs) return { end: 'stopped', state };
    }
    return { end: 'finished', state: finished };
  } catch (error) {
    if (error instanceof TrainError) throw error;
    throw new TrainError(error instanceof Error ? error.message : String(error), finished, error);
  }
}
