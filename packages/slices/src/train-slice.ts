import { OptionError, train as trainRun } from '@selfcure/core';
import type { Callback, EpochEvent, TrainOptions, TrainState } from '@selfcure/core';
import { cursorOf } from './cursor.ts';
import type { SliceCursor } from './cursor.ts';
import { DamagedStateError, StoreError } from './errors.ts';
import { saveGeneration } from './generations.ts';
import type { Loaded } from './generations.ts';
import { readHead } from './head.ts';
import type { Head, RunStatus } from './head.ts';
import { takeLease } from './lease.ts';
import type { Lease } from './lease.ts';
import { loadNewest } from './load-run.ts';
import type { OnDamage } from './load-run.ts';
import { createPacer } from './pacer.ts';
import type { SliceStore } from './store/slice-store.ts';

/** How to train: the options of `train` less those that a slice sets. The same in every slice of a run. */
export type SliceTraining = Omit<TrainOptions, 'resume' | 'until' | 'signal'>;

/** Options of {@link trainSlice}. */
export interface SliceOptions {
  readonly store: SliceStore;
  /** Names the run in the store: letters, digits, `.`, `_` and `-`. */
  readonly runId: string;
  /** How to train; a function is asked once the run is this worker's, so that a delivery for nothing opens no engine and no data. */
  readonly train: SliceTraining | (() => SliceTraining | Promise<SliceTraining>);
  /**
   * When the slice is to be over, its save included: a date, or milliseconds as `Date.now()` has them, such as
   * `Date.now() + context.getRemainingTimeInMillis()`. Default: when the run is.
   */
  readonly until?: Date | number;
  /** Ends the slice before its next step; what was trained is saved. */
  readonly signal?: { readonly aborted: boolean };
  /** What the slice before returned. One that the run has left behind makes this call answer at once: the slice was trained already. */
  readonly cursor?: Pick<SliceCursor, 'generation'> | undefined;
  /** Milliseconds without a sign of life after which another worker takes over. Signs are given three times as often. Default 60,000. */
  readonly lease?: number;
  /** Milliseconds between two saves within a slice, which happen at ends of epochs; Infinity: only at the end of the slice. Default 60,000. */
  readonly saveEvery?: number;
  /** Default `'fail'`. `'previous'` goes on from the generation before, and the cursor says so. */
  readonly onDamage?: OnDamage;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * Trains a run for a while: takes its lease, goes on from its stored state, trains until the time is up, saves, gives the lease
 * back. Slices end to end give the bits of one uninterrupted run, whichever worker trains which, also where some die on the way.
 *
 * Of calls for one run at the same time one trains, the others answer `busy`. A worker that was away for so long that another took
 * over cannot write any more. A call for a run that is over answers at once.
 *
 * Callbacks of `train` live for one slice; those of `@selfcure/core` read the history alone and so do not notice.
 *
 * @returns where the run stands now.
 * @throws OptionError where options are out of range.
 * @throws StoreError where the store lacks what the given cursor has seen.
 * @throws DamagedStateError where a stored part is damaged.
 * @throws whatever `train` and the store throw; finished epochs are saved first and the lease is given back, where the store lets it.
 * @example
 * const cursor = await trainSlice({ store, runId: 'faces-7', until: Date.now() + 60_000, train: options });
 * if (cursor.status === 'running') await queue.send(cursor);
 */
export async function trainSlice(options: SliceOptions): Promise<SliceCursor> {
  const { store, runId, cursor, signal, lease: duration = 60_000, now = Date.now } = options;
  const deadline = checkOptions(options);
  const left = (): boolean => signal?.aborted === true || now() >= deadline;
  const taken = await takeLease({
    store,
    runId,
    duration,
    now,
    wanted: (head) => {
      checkCursor(runId, head, cursor);
      return statusOf(head) === 'running' && numberOf(head) === (cursor?.generation ?? numberOf(head)) && !left();
    },
  });
  if (!taken.lease) return cursorOf(runId, taken.head, busyness(taken.head, now()));
  const { lease } = taken;
  try {
    return await sliceOf(options, lease, deadline);
  } catch (error) {
    await attempt(() => lease.update((head) => ({ ...head, holder: null })));
    // Whoever took over has removed what was being read.
    if (lease.lost && error instanceof DamagedStateError) return await overtaken(options);
    throw error;
  } finally {
    lease.stop();
  }
}

/** What a worker answers that another one has taken the run from. */
async function overtaken(
  { store, runId, now = Date.now }: SliceOptions,
  more: Partial<SliceCursor> = {},
): Promise<SliceCursor> {
  const { head } = await readHead(store, runId);
  return cursorOf(runId, head, { ...more, ...busyness(head, now()) });
}

const statusOf = ({ generations }: Head): RunStatus => generations[0]?.status ?? 'running';
const numberOf = ({ generations }: Head): number => generations[0]?.number ?? 0;

/** A worker that takes over from a holder that died does not wait longer than that one's lease. */
function busyness(head: Head, time: number): Partial<SliceCursor> {
  const wait = (head.holder?.until ?? 0) - time;
  return statusOf(head) === 'running' && wait > 0 ? { status: 'busy', retryAfter: wait } : {};
}

/** @returns the deadline in milliseconds. */
function checkOptions({ runId, until, lease = 60_000, saveEvery = 60_000 }: SliceOptions): number {
  if (!/^[\w-]+(\.[\w-]+)*$/.test(runId) || runId.length > 128)
    throw new OptionError(
      `runId '${runId}' is no name of letters, digits, '_', '-' and dots between them, 128 at most`,
    );
  if (!(lease > 0 && lease < Infinity)) throw new OptionError(`lease ${lease} is no number of milliseconds above 0`);
  if (!(saveEvery >= 0)) throw new OptionError(`saveEvery ${saveEvery} is no number of milliseconds from 0`);
  if (until === undefined) return Infinity;
  const deadline = Number(until);
  if (Number.isNaN(deadline)) throw new OptionError('until is no date');
  if (deadline < 1e11)
    throw new OptionError(`until ${deadline} lies in 1970. Give a point in time: Date.now() + ${deadline}`);
  return deadline;
}

function checkCursor(runId: string, head: Head, cursor: SliceOptions['cursor']): void {
  if (!cursor || cursor.generation <= numberOf(head)) return;
  throw new StoreError(
    `run '${runId}': the store has generation ${numberOf(head)}, the cursor ${cursor.generation}: the store has lost writes. ` +
      'Leave the cursor out to train them again',
  );
}

/** The slice of a worker that holds the run. */
async function sliceOf(options: SliceOptions, lease: Lease, deadline: number): Promise<SliceCursor> {
  const { store, runId, train, signal, saveEvery = 60_000, onDamage = 'fail', now = Date.now } = options;
  const ended = (): boolean => lease.lost || signal?.aborted === true;
  const { loaded, damage } = await loadNewest(store, runId, lease.head, onDamage);
  const training = typeof train === 'function' ? await train() : train;
  const { epochs, callbacks = [] } = training;
  const pacer = createPacer({
    deadline,
    timings: lease.head.timings,
    evaluationSteps: evaluationSteps(training),
    now,
    ended,
  });

  let base: Omit<Loaded, 'state'> | null = loaded;
  let stored = 0;
  let savedAt = now();
  const save = async (state: TrainState, status: RunStatus): Promise<void> => {
    const { steps } = pacer;
    const begin = now();
    const saved = lease.lost ? null : await saveGeneration({ store, runId, lease, base, state, status, epochs });
    if (!saved) return;
    base = saved;
    stored = steps;
    savedAt = now();
    pacer.saved(savedAt - begin);
  };
  /** Whether a state is further than the stored one. */
  const further = ({ epoch, step }: TrainState): boolean => {
    const at = base?.generation ?? { epoch: 1, step: 0 };
    return epoch > at.epoch || (epoch === at.epoch && step > at.step);
  };

  let stopping = false;
  /** The last finished epoch at whose end nobody has ended the run. */
  let settled: TrainState | null = null;
  const saving: Callback = {
    name: 'SliceSaving',
    onEpochEnd: async ({ epoch, state }: EpochEvent) => {
      // A run that ends here is saved as ended.
      if (stopping || epoch === epochs) return;
      settled = state;
      if (now() - savedAt >= saveEvery && pacer.timeToSave()) await save(state, 'running');
    },
  };
  try {
    const run = await trainRun({
      ...training,
      ...(loaded && { resume: loaded.state }),
      until: pacer.until,
      signal: pacer.signal,
      callbacks: [...callbacks.map((callback) => watched(callback, () => (stopping = true))), pacer.callback, saving],
    });
    if (run.end !== 'paused') await save(run.state, run.end);
    else if (further(run.state)) await save(run.state, 'running');
  } catch (error) {
    const state = settled as TrainState | null;
    if (state && further(state)) await attempt(() => save(state, 'running'));
    throw error;
  }
  const given = await lease.update((head) => ({ ...head, holder: null, timings: pacer.timings }));
  const counts = { steps: stored, discarded: pacer.steps - stored, damage };
  return given ? cursorOf(runId, lease.head, counts) : await overtaken(options, counts);
}

/** Does what may fail where something has failed already. */
async function attempt(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch {
    // The first error is the one to tell; the lease runs out by itself, and what was not saved is trained again.
  }
}

/** A callback that tells when it ends the run after an epoch. */
function watched(callback: Callback, stops: () => void): Callback {
  return new Proxy(callback, {
    get: (target, name) => {
      const value = Reflect.get(target, name) as unknown;
      if (name !== 'onEpochEnd' || typeof value !== 'function')
        return typeof value === 'function' ? value.bind(target) : value;
      return async (event: EpochEvent) => {
        const verdict = await target.onEpochEnd!(event);
        if (verdict === 'stop') stops();
        return verdict;
      };
    },
  });
}

/** Batches that the end of an epoch evaluates. */
function evaluationSteps({ data, validation, recipe, batchSize = 32 }: SliceTraining): number {
  const { relabel } = recipe;
  const clean = relabel?.when === 'epoch' && relabel.pass === 'clean' ? data.size : 0;
  return Math.ceil(clean / batchSize) + Math.ceil((validation?.size ?? 0) / batchSize);
}
