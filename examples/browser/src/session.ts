import { TrainError, decodeTrainState, encodeTrainState, train } from '@selfcure/core';
import type { Callback, LedgerData, Run, TrainState, TrainedModel } from '@selfcure/core';
import type { Engines, OpenEngine } from './engines/open-engines.ts';
import { fileOf } from './files.ts';
import type { FileKind, Phase, RunEngine, Setup, WorkerEvent } from './protocol.ts';
import { applyDecisions, standingDecisions } from './review.ts';
import type { Decision } from './review.ts';
import { prepare } from './setup.ts';
import type { Prepared } from './setup.ts';
import { labelView, snapshotOf } from './snapshot.ts';
import type { RunStore, StoredRun } from './storage.ts';

/** What a session works with. */
export interface SessionHost {
  readonly engines: Pick<Engines, 'ready' | 'take' | 'failed'>;
  readonly store: RunStore;
  post(event: WorkerEvent): void;
}

/** One run at a time: its training, its labels and what is kept of it. */
export interface Session {
  /** Whether a run is training: no other engine may be taken then. */
  isTraining(): boolean;
  /** Opens the run that was kept, if there is one. */
  restore(stored: StoredRun | null): Promise<void>;
  start(setup: Setup): Promise<void>;
  /** The run pauses before its next step. */
  pause(): void;
  /** Goes on with a paused run; with an engine, takes that one first. */
  proceed(engine?: string): Promise<void>;
  forget(): Promise<void>;
  decide(decision: Decision): void;
  sendPictures(samples: readonly number[]): Promise<void>;
  sendFile(file: FileKind): void;
}

/** The run of a session. */
interface OpenRun {
  readonly prepared: Prepared;
  engines: readonly RunEngine[];
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
export function createSession({ engines, store, post }: SessionHost): Session {
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

  const isDone = ({ state, prepared }: OpenRun): boolean => state !== null && state.epoch > prepared.epochs;
  const phaseOf = (run: OpenRun): Phase => (signal ? 'training' : isDone(run) ? 'finished' : 'paused');
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

  const slice = (
    { prepared, state }: OpenRun,
    { backend }: OpenEngine,
    when: { readonly aborted: boolean },
  ): Promise<Run> =>
    train({ ...prepared, backend, signal: when, callbacks: [progress], ...(state && { resume: state }) });

  /** Says what a run has to show, by a slice that pauses before its first step: it checks that the state fits. */
  const show = async (run: OpenRun): Promise<void> =>
    take(run, await slice(run, await engines.ready(), { aborted: true }));

  /** Notes which engine trains from here on. */
  const enlist = async (run: OpenRun, { name, title, arithmetic }: OpenEngine): Promise<void> => {
    const { epoch, step } = run.state ?? { epoch: 1, step: 0 };
    // What an engine trained of an epoch that is begun anew is lost.
    const before = step === 0 ? run.engines.filter((one) => one.epoch < epoch) : run.engines;
    const last = before.at(-1);
    const same = last?.name === name && last.arithmetic === arithmetic;
    run.engines = same ? before : [...before, { name, title, arithmetic, epoch }];
    post({ type: 'trained-on', engines: run.engines });
    await keep(() => store.saveEngines(run.engines));
  };

  /** Tells of an error of the engine; false where it is another's. */
  const tellEngineFailure = (run: OpenRun, error: unknown): boolean => {
    const happened = engines.failed(error);
    if (happened !== null)
      post({ type: 'engine-failed', message: `${happened}. ${remedyFor(run.state)}`, details: messageOf(error) });
    return happened !== null;
  };

  /** Epochs until the run is done, paused or failed. */
  const trainOn = async (run: OpenRun, before: () => Promise<void> = async () => {}): Promise<void> => {
    const own = { aborted: false };
    signal = own;
    postPhase();
    try {
      await before();
      const used = await engines.ready();
      if (!isDone(run)) await enlist(run, used);
      let result: Run;
      do {
        result = await slice(run, used, own);
        take(run, result);
        await saveState(run.state!);
      } while (result.end === 'stopped');
    } catch (error) {
      if (error instanceof TrainError) run.state = error.state;
      if (!tellEngineFailure(run, error)) post({ type: 'failed', message: `Training failed: ${messageOf(error)}` });
    }
    signal = null;
    postPhase();
  };

  /** Opens a run that does not train yet. */
  const openRun = (setup: Setup, trainedOn: readonly RunEngine[]): OpenRun => {
    const run: OpenRun = { prepared: prepare(setup), engines: trainedOn, state: null, model: null };
    open = run;
    pending = [];
    keeping = true;
    post({ type: 'run', facts: run.prepared.facts });
    post({ type: 'trained-on', engines: trainedOn });
    return run;
  };

  return {
    isTraining: () => signal !== null,
    restore: async (stored) => {
      if (!stored) return postPhase();
      const run = openRun(stored.setup, stored.engines);
      if (stored.state) {
        pending = stored.decisions;
        try {
          run.state = decodeTrainState(stored.state);
          await show(run);
        } catch (error) {
          if (!run.state || !tellEngineFailure(run, error)) {
            open = null;
            post({
              type: 'failed',
              message: `The run of your last visit cannot go on: ${messageOf(error)}. A new run takes its place.`,
            });
          }
        }
      }
      postPhase();
    },
    start: async (setup) => {
      if (signal) return;
      await trainOn(openRun(setup, []), () => keep(() => store.begin(setup)));
    },
    pause: () => {
      if (signal) signal.aborted = true;
    },
    proceed: async (engine) => {
      // A run that is done but has nothing to show met an engine that failed.
      if (!open || signal || (isDone(open) && open.model)) return;
      await trainOn(open, engine === undefined ? undefined : () => engines.take(engine, 'you chose it'));
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

/** What is left of a run, and what to do. */
function remedyFor(state: TrainState | null): string {
  if (!state || (state.epoch === 1 && state.step === 0)) return 'Nothing was trained yet: begin again.';
  const place = state.step > 0 ? `epoch ${state.epoch}, step ${state.step}` : `the end of epoch ${state.epoch - 1}`;
  return `All that was trained up to ${place} is kept, and so are your decisions: continue from there.`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
