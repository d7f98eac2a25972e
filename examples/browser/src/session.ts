import { TrainError, decodeTrainState, encodeTrainState, train } from '@selfcure/core';
import type { Callback, LedgerData, Run, TrainState, TrainedModel } from '@selfcure/core';
import type { Backend } from '@selfcure/tensor';
import { fileOf } from './files.ts';
import type { FileKind, Phase, Setup, WorkerEvent } from './protocol.ts';
import { applyDecisions, standingDecisions } from './review.ts';
import type { Decision } from './review.ts';
import { prepare } from './setup.ts';
import type { Prepared } from './setup.ts';
import { labelView, snapshotOf } from './snapshot.ts';
import type { RunStore } from './storage.ts';

/** What a session works with. */
export interface SessionHost {
  readonly backend: Backend;
  /** Runs that share this text give the same bits. */
  readonly arithmetic: string;
  readonly store: RunStore;
  post(event: WorkerEvent): void;
}

/** One run at a time: its training, its labels and what is kept of it. */
export interface Session {
  /** Opens the run that was kept, if there is one. */
  restore(): Promise<void>;
  start(setup: Setup): Promise<void>;
  /** The run pauses before its next step. */
  pause(): void;
  /** Goes on with a paused run. */
  proceed(): Promise<void>;
  forget(): Promise<void>;
  decide(decision: Decision): void;
  sendPictures(samples: readonly number[]): Promise<void>;
  sendFile(file: FileKind): void;
}

/** The run of a session. */
interface OpenRun {
  readonly prepared: Prepared;
  /** Null before the first epoch has ended or paused. */
  state: TrainState | null;
  model: TrainedModel | null;
}

/**
 * A session without a run.
 *
 * It trains epoch by epoch: each is a run of its own that goes on from the state of the last one, with the same bits as one long
 * run. Between two, decisions of the user enter the labels, the page is told, and the state is kept.
 */
export function createSession({ backend, arithmetic, store, post }: SessionHost): Session {
  let open: OpenRun | null = null;
  /** Decisions since the epoch under way began. */
  let pending: readonly Decision[] = [];
  /** Of the epoch under way; null while nothing trains. */
  let signal: { aborted: boolean } | null = null;
  let keeping = true;

  const progress: Callback = {
    name: 'progress',
    onStepEnd: ({ epoch, step, stepsPerEpoch, loss }) => post({ type: 'step', epoch, step, stepsPerEpoch, loss }),
    onEpochEnd: () => 'stop',
  };

  /** Writes to the store; the first failure is told, and ends the keeping of this run. */
  const keep = async (write: () => Promise<void>): Promise<void> => {
    if (!keeping) return;
    try {
      await write();
    } catch (error) {
      keeping = false;
      post({ type: 'note', message: `This run is not kept for your next visit: ${messageOf(error)}.` });
    }
  };

  const phaseOf = ({ state, prepared }: OpenRun): Phase =>
    signal ? 'training' : state && state.epoch > prepared.epochs ? 'finished' : 'paused';
  const postPhase = (): void => {
    if (!open) return post({ type: 'phase', phase: 'idle', epoch: 0, step: 0 });
    post({ type: 'phase', phase: phaseOf(open), epoch: open.state?.epoch ?? 1, step: open.state?.step ?? 0 });
  };

  const decided = ({ prepared }: OpenRun, state: TrainState, decisions: readonly Decision[]): LedgerData =>
    applyDecisions(state.ledger, prepared.model.classes, decisions, Math.min(state.epoch, prepared.epochs));

  /** Takes over what a slice of the run gave back. */
  const take = (run: OpenRun, result: Run): void => {
    run.state = { ...result.state, ledger: decided(run, result.state, pending) };
    run.model = result.model;
    pending = [];
    post({ type: 'snapshot', snapshot: snapshotOf(result, run.state.ledger, run.prepared.facts.truth) });
  };
  const saveState = (state: TrainState): Promise<void> => keep(() => store.saveState(encodeTrainState(state)));

  const slice = ({ prepared, state }: OpenRun, when: { readonly aborted: boolean }): Promise<Run> =>
    train({ ...prepared, backend, signal: when, callbacks: [progress], ...(state && { resume: state }) });

  /** Epochs until the run is done, paused or failed. */
  const trainOn = async (run: OpenRun): Promise<void> => {
    const own = { aborted: false };
    signal = own;
    postPhase();
    try {
      let result: Run;
      do {
        result = await slice(run, own);
        take(run, result);
        await saveState(run.state!);
      } while (result.end === 'stopped');
    } catch (error) {
      if (error instanceof TrainError) run.state = error.state;
      post({ type: 'failed', message: `Training failed: ${messageOf(error)}` });
    }
    signal = null;
    postPhase();
  };

  /** Opens a run that does not train yet. */
  const openRun = (setup: Setup): OpenRun => {
    const run: OpenRun = { prepared: prepare(setup), state: null, model: null };
    open = run;
    pending = [];
    keeping = true;
    post({ type: 'run', facts: run.prepared.facts });
    return run;
  };

  return {
    restore: async () => {
      const stored = await store.load();
      if (!stored) return postPhase();
      const run = openRun(stored.setup);
      if (stored.arithmetic !== arithmetic) {
        post({
          type: 'note',
          message: `This run was begun on ${stored.arithmetic} and goes on with ${arithmetic}: last digits may differ from those of one engine.`,
        });
      }
      if (stored.state) {
        pending = stored.decisions;
        try {
          run.state = decodeTrainState(stored.state);
          // A slice that pauses before its first step: it checks that the state fits, and says what the run has to show.
          take(run, await slice(run, { aborted: true }));
        } catch (error) {
          open = null;
          post({
            type: 'failed',
            message: `The run of your last visit cannot go on: ${messageOf(error)}. A new run takes its place.`,
          });
        }
      }
      postPhase();
    },
    start: async (setup) => {
      if (signal) return;
      const run = openRun(setup);
      await keep(() => store.begin(setup, arithmetic));
      await trainOn(run);
    },
    pause: () => {
      if (signal) signal.aborted = true;
    },
    proceed: async () => {
      if (open && phaseOf(open) === 'paused') await trainOn(open);
    },
    forget: async () => {
      if (signal) return;
      open = null;
      pending = [];
      await store.clear();
      postPhase();
    },
    decide: (decision) => {
      if (!open?.state) return;
      const before = decided(open, open.state, pending);
      const last = standingDecisions(before).at(-1);
      if (decision.kind === 'undo' && !last) return;
      const changed =
        decision.kind === 'undo'
          ? { sample: last!.sample, label: last!.label, undone: true }
          : { sample: decision.sample, label: decision.label, undone: false };
      pending = [...pending, decision];
      const ledger = decided(open, open.state, pending);
      if (signal) {
        const decisions = pending;
        void keep(() => store.saveDecisions(decisions));
      } else {
        open.state = { ...open.state, ledger };
        pending = [];
        void saveState(open.state);
      }
      post({ type: 'labels', labels: labelView(ledger), changed });
    },
    sendPictures: async (samples) => {
      if (!open) return;
      post({ type: 'pictures', samples, pixels: await open.prepared.data.read(samples) });
    },
    sendFile: (file) => {
      if (!open?.state || !open.model) return;
      const { prepared, state, model } = open;
      const ledger = decided(open, state, pending);
      post({ type: 'file', file, bytes: fileOf(file, { facts: prepared.facts, ledger, model }) });
    },
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
