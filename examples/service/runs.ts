/** The runs of a service: their requests and slices in a store, what has to be done in a queue. Knows nothing of HTTP. */
import { SelfCureError, train } from '@selfcure/core';
import type { EpochLog, LabelChange, Run } from '@selfcure/core';
import { loadRun, StoreError, trainSlice } from '@selfcure/slices';
import type { SliceCursor } from '@selfcure/slices';
import type { Message, Platform } from './platform.ts';
import { trainingOf } from './run-request.ts';
import type { RunRequest } from './run-request.ts';
import { withBackend } from './with-backend.ts';

/** Where a run stands, as clients see it. */
export interface Progress {
  readonly status: SliceCursor['status'] | 'cancelled' | 'failed';
  readonly generation: number;
  readonly epoch: number;
  readonly step: number;
  readonly epochs: number;
  readonly log: EpochLog | null;
}

/** The operations on runs. */
export interface Runs {
  /** Stores a request and sends its first message; null where too many runs are under way. */
  create(request: RunRequest): Promise<string | null>;
  /** The request of a run; null where there is none of that name. */
  find(runId: string): Promise<RunRequest | null>;
  progress(runId: string, request: RunRequest): Promise<Progress>;
  cancel(runId: string): Promise<void>;
  changes(runId: string): Promise<readonly LabelChange[]>;
  /** The run as it is stored; null where nothing is yet. */
  result(runId: string, request: RunRequest): Promise<Run | null>;
  /** Trains one slice and sends the next message. What it throws is for the queue to deliver again. */
  advance(message: Message, until: number): Promise<void>;
  /** Runs that are under way. */
  active(): Promise<string[]>;
}

const ended = { aborted: true };

/** Runs on a platform, `most` of them at once. */
export function createRuns({ store, send, openBackend, report }: Platform, most = 8): Runs {
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const read = async (key: string): Promise<unknown> => {
    const bytes = await store.get(key);
    return bytes && JSON.parse(new TextDecoder().decode(bytes));
  };
  const active = async (): Promise<string[]> => (await store.keys('active')).map((key) => key.slice('active/'.length));
  const isCancelled = async (runId: string): Promise<boolean> => (await store.get(`${runId}/cancelled`)) !== null;
  const end = (runId: string): Promise<void> => store.remove(`active/${runId}`);

  /** One slice; ends early when the run is cancelled meanwhile. */
  const slice = (
    runId: string,
    request: RunRequest,
    until: number,
    cursor: Message['cursor'],
  ): Promise<SliceCursor> => {
    const signal = { aborted: false };
    let looked = 0;
    const watch = {
      name: 'Cancellation',
      onStepEnd: async () => {
        // Clocks of edge platforms stand still until something is waited for.
        await new Promise((resolve) => setTimeout(resolve, 0));
        if (Date.now() - looked < 500) return;
        looked = Date.now();
        signal.aborted = await isCancelled(runId);
      },
    };
    return withBackend(openBackend, (open) => {
      const training = async () => ({ ...trainingOf(request, await open()), callbacks: [watch] });
      return trainSlice({ store, runId, until, signal, cursor, train: training, lease: 30_000 });
    });
  };

  /** Sends the next message, unless this delivery found its slice trained and that message sent: deliveries must not multiply. */
  const sendNext = async (runId: string, next: SliceCursor, cursor: Message['cursor']): Promise<void> => {
    const { generation, steps } = next;
    const repeated = cursor !== undefined && steps === 0 && generation > cursor.generation;
    if (repeated && (((await read(`${runId}/sent`)) as number | null) ?? 0) >= generation) return;
    await send({ runId, cursor: { generation } }, 0);
    // Who dies before this is delivered again, and sends once more.
    await store.set(`${runId}/sent`, json(generation));
  };

  return {
    active,
    create: async (request) => {
      if ((await active()).length >= most) return null;
      const runId = crypto.randomUUID();
      await store.set(`${runId}/request`, json(request));
      await store.set(`active/${runId}`, json({}));
      await send({ runId, cursor: { generation: 0 } }, 0);
      return runId;
    },
    find: async (runId) => (await read(`${runId}/request`)) as RunRequest | null,
    cancel: async (runId) => {
      await store.set(`${runId}/cancelled`, json({}));
      await end(runId);
    },
    progress: async (runId, { epochs }) => {
      // A slice without time answers where the run stands, and reads one record for it.
      const training = (): never => {
        throw new Error('a slice without time trains nothing');
      };
      const { status, generation, epoch, step, log } = await trainSlice({
        store,
        runId,
        signal: ended,
        train: training,
      });
      const at = { generation, epoch, step, epochs, log };
      if (status === 'finished') return { status, ...at };
      if (await isCancelled(runId)) return { status: 'cancelled', ...at };
      if (await store.get(`${runId}/failed`)) return { status: 'failed', ...at };
      return { status: status === 'busy' ? 'running' : status, ...at };
    },
    changes: async (runId) => (await loadRun({ store, runId })).state?.ledger.log ?? [],
    result: async (runId, request) => {
      const { state } = await loadRun({ store, runId });
      // An aborted run trains nothing and gives model, ledger, history and rows of its state.
      return (
        state &&
        withBackend(openBackend, async (open) =>
          train({ ...trainingOf(request, await open()), resume: state, signal: ended }),
        )
      );
    },
    advance: async ({ runId, cursor }, until) => {
      const request = (await read(`${runId}/request`)) as RunRequest | null;
      if (!request || (await isCancelled(runId)) || (await store.get(`${runId}/failed`))) return;
      try {
        const next = await slice(runId, request, until, cursor);
        if (next.status === 'running') await sendNext(runId, next, cursor);
        else if (next.status === 'busy') await send({ runId, ...(cursor && { cursor }) }, next.retryAfter!);
        else await end(runId);
      } catch (error) {
        report(error);
        if (!(error instanceof SelfCureError) || error instanceof StoreError) throw error;
        // The same slice would fail again.
        await store.set(`${runId}/failed`, json({}));
        await end(runId);
      }
    },
  };
}
