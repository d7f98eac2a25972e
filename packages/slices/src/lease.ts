import { sameBytes } from './bytes.ts';
import { StoreError } from './errors.ts';
import { encodeHead, headKey, readHead } from './head.ts';
import type { Head } from './head.ts';
import type { SliceStore } from './store/slice-store.ts';

// Every JavaScript runtime has them, the language's own type library does not name them.
declare const crypto: { randomUUID(): string };
declare const setInterval: (callback: () => void, milliseconds: number) => unknown;
declare const clearInterval: (timer: unknown) => void;
declare const setTimeout: (callback: () => void, milliseconds: number) => unknown;

/** The right to train a run and to write its record, for as long as it is renewed. */
export interface Lease {
  /** The record as this worker wrote it last. */
  readonly head: Head;
  /** True once another worker holds the run: nothing that this one writes counts any more. */
  readonly lost: boolean;
  /**
   * Changes the record, if this worker still holds the run. Changes follow each other.
   *
   * @returns whether it was written; false from when the lease is lost.
   * @throws whatever the store does, where the record may not be written.
   */
  update(change: (head: Head) => Head): Promise<boolean>;
  /** Ends the renewals; the lease runs out, unless a last change gives it back. */
  stop(): void;
}

/** Where a run is and for how long a worker wants it. */
export interface LeaseOptions {
  readonly store: SliceStore;
  readonly runId: string;
  /** Milliseconds without a renewal after which others take over. */
  readonly duration: number;
  readonly now: () => number;
  /** Whether a run in this state is to be had at all. */
  readonly wanted: (head: Head) => boolean;
}

const attemptsAtOnce = 6;
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Takes the lease of a run that nobody holds, or whose holder has not renewed its own in time. The record is compared and
 * written in one step: of workers that come at once, one gets it. Clocks decide only when a lease is taken over, never whose
 * writes count.
 *
 * @returns the lease, or the record where the run is held by another worker or not wanted.
 */
export async function takeLease(options: LeaseOptions): Promise<{ lease: Lease } | { lease: null; head: Head }> {
  const { store, runId, duration, now, wanted } = options;
  const worker = crypto.randomUUID();
  for (let attempt = 1; ; attempt++) {
    const { head, bytes } = await readHead(store, runId);
    if (!wanted(head) || (head.holder && head.holder.until > now())) return { lease: null, head };
    const next: Head = {
      ...head,
      revision: head.revision + 1,
      fence: head.fence + 1,
      holder: { worker, until: now() + leaseTime(duration, head) },
      attempts: head.attempts + 1,
    };
    if (await swap(store, runId, bytes, encodeHead(next))) return { lease: hold(options, next) };
    if (attempt === attemptsAtOnce) return { lease: null, ...(await readHead(store, runId)) };
  }
}

/** A step keeps timers waiting on some engines: a lease outlasts several. */
const leaseTime = (duration: number, { timings }: Head): number => Math.max(duration, 4 * (timings.step ?? 0));

/**
 * Replaces the record. An answer that did not arrive, or a retry within the client, may hide a success: the record itself tells.
 *
 * @returns whether the record is `next` now, or was when it was looked at.
 */
async function swap(store: SliceStore, runId: string, expected: Uint8Array | null, next: Uint8Array): Promise<boolean> {
  const key = headKey(runId);
  for (let attempt = 1; ; attempt++) {
    let failure: { error: unknown } | null = null;
    try {
      if (await store.compareAndSet(key, expected, next)) return true;
    } catch (error) {
      failure = { error };
    }
    const found = await store.get(key);
    if (sameBytes(found, next)) return true;
    if (failure) throw failure.error;
    if (!sameBytes(found, expected)) return false;
    if (attempt === attemptsAtOnce)
      throw new StoreError(`store '${store.name}' refuses to replace '${key}', which is as expected. Try again later`);
    await pause(20 * 2 ** attempt);
  }
}

function hold({ store, runId, duration, now }: LeaseOptions, taken: Head): Lease {
  let head = taken;
  let lost = false;
  let last: Promise<unknown> = Promise.resolve();

  const update = async (change: (head: Head) => Head): Promise<boolean> => {
    for (;;) {
      if (lost) return false;
      const next = { ...change(head), revision: head.revision + 1 };
      if (await swap(store, runId, encodeHead(head), encodeHead(next))) {
        head = next;
        return true;
      }
      const { head: found } = await readHead(store, runId);
      // A write of this worker whose answer was an error may come through late.
      if (found.fence === taken.fence && found.revision > head.revision) head = found;
      else lost = true;
    }
  };
  const inTurn = (change: (head: Head) => Head): Promise<boolean> => {
    const turn = last.then(() => update(change));
    last = turn.catch(() => {});
    return turn;
  };
  const renewed = (one: Head): Head =>
    one.holder ? { ...one, holder: { ...one.holder, until: now() + leaseTime(duration, one) } } : one;
  const timer = setInterval(
    () => {
      // A renewal that fails is tried again at the next turn; should none succeed, the lease runs out, and saving tells.
      inTurn(renewed).catch(() => {});
    },
    Math.max(1, Math.floor(duration / 3)),
  );
  (timer as { unref?: () => void }).unref?.();
  return {
    get head() {
      return head;
    },
    get lost() {
      return lost;
    },
    update: inTurn,
    stop: () => clearInterval(timer),
  };
}
