import type { EpochLog } from '@selfcure/core';
import type { DamagedStateError } from './errors.ts';
import type { Head, RunStatus } from './head.ts';

/** A part that was damaged, where its generation was left for the one before; see {@link DamagedStateError}. */
export type Damage = Pick<DamagedStateError, 'generation' | 'part' | 'problem'>;

/** Where a run stands after a slice: plain data, small enough for a message. */
export interface SliceCursor {
  readonly runId: string;
  /**
   * `running`: deliver the next slice. `busy`: another worker holds the run, try again after {@link SliceCursor.retryAfter}.
   * `finished`, `stopped` (by a callback), `non-finite` (by `terminateOnNaN`): the run is over, every further delivery answers so at once.
   */
  readonly status: RunStatus | 'busy';
  /** Number of the stored state; 0: none yet. Grows with every save. */
  readonly generation: number;
  /** Epoch under way in the stored state, 1-based; one more than `epochs` when the run is finished. */
  readonly epoch: number;
  /** Steps done in that epoch. */
  readonly step: number;
  /** Planned; null: no state is stored yet. */
  readonly epochs: number | null;
  /** Log of the last finished epoch. */
  readonly log: EpochLog | null;
  /** Steps that this call trained and stored. */
  readonly steps: number;
  /** Steps that this call trained for nothing, because another worker had taken over. */
  readonly discarded: number;
  /** Milliseconds until the other worker's lease runs out; null unless `busy`. */
  readonly retryAfter: number | null;
  /** Slices since the run last got further: one that grows means that every slice dies before it has saved. */
  readonly attempts: number;
  /** Not empty where `onDamage: 'previous'` went on from the generation before. */
  readonly damage: readonly Damage[];
}

/** The cursor that a record amounts to. */
export function cursorOf(
  runId: string,
  head: Pick<Head, 'generations' | 'attempts'>,
  more: Partial<SliceCursor> = {},
): SliceCursor {
  const newest = head.generations[0];
  return {
    runId,
    status: newest?.status ?? 'running',
    generation: newest?.number ?? 0,
    epoch: newest?.epoch ?? 1,
    step: newest?.step ?? 0,
    epochs: newest?.epochs ?? null,
    log: newest?.log ?? null,
    steps: 0,
    discarded: 0,
    retryAfter: null,
    attempts: head.attempts,
    damage: [],
    ...more,
  };
}
