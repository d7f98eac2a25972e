import type { EpochLog } from '@selfcure/core';
import { jsonBytes, parseJson } from './bytes.ts';
import { DamagedStateError } from './errors.ts';
import type { SliceStore } from './store/slice-store.ts';
import type { Timings } from './timings.ts';

/** Where a run stands: `running` until all epochs are done, a callback ended it, or its numbers broke (`terminateOnNaN`). */
export type RunStatus = 'running' | 'finished' | 'stopped' | 'non-finite';

/** A stored state of a run. */
export interface Generation {
  /** From 1. */
  readonly number: number;
  /** Lease under which it was written, and SHA-256 of its manifest: together the manifest's key. */
  readonly fence: number;
  readonly manifest: string;
  /** Position of the state; see `TrainState`. */
  readonly epoch: number;
  readonly step: number;
  readonly epochs: number;
  /** Log of the last finished epoch. */
  readonly log: EpochLog | null;
  readonly status: RunStatus;
}

/** Who may write, and until when nobody else takes over; milliseconds as `Date.now()` has them. */
export interface Holder {
  readonly worker: string;
  readonly until: number;
}

/**
 * The record of a run: the one value that workers fight for. Everything else is written before it and read through it, so that
 * a run has one state at any time, whoever dies where.
 */
export interface Head {
  readonly format: 'selfcure-slices-1';
  /** Writes of the record: no two values of it are alike. */
  readonly revision: number;
  /** Leases given so far. That of a holder is its fencing token: it grows with every lease. */
  readonly fence: number;
  readonly holder: Holder | null;
  /** Newest first, two at most. */
  readonly generations: readonly Generation[];
  /** Leases since the last stored progress, the present one included. */
  readonly attempts: number;
  readonly timings: Timings;
}

/** Key of the record of a run. */
export const headKey = (runId: string): string => `${runId}/head`;

/** Bytes of a record. */
export const encodeHead = (head: Head): Uint8Array => jsonBytes(head);

/** The record of a run that nobody has begun. */
const emptyHead: Head = {
  format: 'selfcure-slices-1',
  revision: 0,
  fence: 0,
  holder: null,
  generations: [],
  attempts: 0,
  timings: { step: null, epochEnd: null, save: null },
};

/**
 * The record of a run, and its bytes; null where nobody has begun it.
 *
 * @throws DamagedStateError where the bytes are no record.
 */
export async function readHead(store: SliceStore, runId: string): Promise<{ head: Head; bytes: Uint8Array | null }> {
  const bytes = await store.get(headKey(runId));
  return { head: bytes ? decodeHead(runId, bytes) : emptyHead, bytes };
}

/**
 * What {@link encodeHead} wrote.
 *
 * @throws DamagedStateError where the bytes are no record.
 */
function decodeHead(runId: string, bytes: Uint8Array): Head {
  let head: Head | null = null;
  try {
    head = parseJson(bytes) as Head | null;
  } catch {
    // Reported below, as any other content.
  }
  if (head?.format !== 'selfcure-slices-1') {
    throw new DamagedStateError(
      { runId, generation: 0, part: 'head', problem: 'is no record of a run' },
      'Restore it from a copy of the store, or begin a run of another name',
    );
  }
  return {
    ...head,
    // JSON has no NaN.
    generations: head.generations.map((one) => ({
      ...one,
      log:
        one.log &&
        (Object.fromEntries(Object.entries(one.log).map(([name, value]) => [name, value ?? NaN])) as EpochLog),
    })),
  };
}
