import type { TrainState } from '@selfcure/core';
import { cursorOf } from './cursor.ts';
import type { Damage, SliceCursor } from './cursor.ts';
import { DamagedStateError } from './errors.ts';
import { loadGeneration } from './generations.ts';
import type { Loaded } from './generations.ts';
import { readHead } from './head.ts';
import type { Head } from './head.ts';
import type { SliceStore } from './store/slice-store.ts';

/** What to do where a part of the newest generation is damaged: fail, or go on from the generation before and say so. */
export type OnDamage = 'fail' | 'previous';

/**
 * Reads the newest generation of a record, or the one before where that is damaged and the caller wants it.
 *
 * @throws DamagedStateError where neither can be read.
 */
export async function loadNewest(
  store: SliceStore,
  runId: string,
  { generations }: Pick<Head, 'generations'>,
  onDamage: OnDamage,
): Promise<{ loaded: Loaded | null; damage: Damage[] }> {
  const [newest, previous] = generations;
  if (!newest) return { loaded: null, damage: [] };
  try {
    return { loaded: await loadGeneration(store, runId, newest), damage: [] };
  } catch (error) {
    if (!(error instanceof DamagedStateError) || onDamage === 'fail') throw error;
    const { generation, part, problem } = error;
    if (!previous) {
      throw new DamagedStateError(
        { runId, generation, part, problem },
        'There is no generation before. Restore it from a copy of the store, or begin a run of another name',
      );
    }
    const loaded = await loadGeneration(store, runId, previous);
    return { loaded, damage: [{ generation, part, problem }] };
  }
}

/**
 * The stored state of a run, for its model, labels and history; needs no engine and disturbs nobody who trains.
 *
 * @returns where the run stands and its state; `state` is null where none is stored yet.
 * @throws DamagedStateError where a part is damaged; with `onDamage: 'previous'` the state before is read, which `cursor.damage` says.
 * @example
 * const { cursor, state } = await loadRun({ store, runId: 'faces-7' });
 * // Of a finished run: nothing is trained, `run` has model, ledger, history and rows.
 * if (cursor.status === 'finished') run = await train({ ...options, resume: state! });
 */
export async function loadRun({
  store,
  runId,
  onDamage = 'fail',
}: {
  readonly store: SliceStore;
  readonly runId: string;
  readonly onDamage?: OnDamage;
}): Promise<{ cursor: SliceCursor; state: TrainState | null }> {
  for (let { head } = await readHead(store, runId); ;) {
    try {
      const { loaded, damage } = await loadNewest(store, runId, head, onDamage);
      const generations = loaded ? [loaded.generation] : [];
      return { cursor: cursorOf(runId, { ...head, generations }, { damage }), state: loaded?.state ?? null };
    } catch (error) {
      if (!(error instanceof DamagedStateError)) throw error;
      const { head: now } = await readHead(store, runId);
      // A worker that saved meanwhile may have removed what was being read.
      if (now.generations[0]?.number === head.generations[0]?.number) throw error;
      head = now;
    }
  }
}
