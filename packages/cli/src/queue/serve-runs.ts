import type { RunOutcome } from '@selfcure/experiments';
import type * as Bullmq from 'bullmq';
import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { openBackend } from '../engine/adapters.ts';
import type { EngineChoice } from '../engine/engine-arguments.ts';
import { EngineError } from '../errors.ts';
import { runJobProcess } from '../experiment/job-process.ts';
import { jobStoreOn } from '../experiment/job-store.ts';
import type { JobStore } from '../experiment/job-store.ts';
import type { Shell } from '../shell.ts';
import { connectRedis, troubles } from './connect.ts';
import type { QueuedRun, RunProgress, RunQueue } from './names.ts';
import { loadBullmq } from './packages.ts';
import { placedSpec } from './placed-spec.ts';
import { openRunFiles } from './run-files.ts';

/** Losses of a worker that a run survives; each costs what was done since the last epoch. */
const mostLosses = 20;

/** What a worker does. */
export interface ServeOptions {
  readonly queue: RunQueue;
  readonly engine: EngineChoice;
  /** Of FER2013; null where its queue needs none. */
  readonly folder: string | null;
  /** Runs at once. */
  readonly concurrency: number;
  /** Milliseconds without a sign of life after which another worker goes on with its runs. */
  readonly lease: number;
}

/** What a worker says. */
export interface ServeEvents {
  readonly onReady: () => void;
  readonly onStart: (name: string, pid: number) => void;
  readonly onEpoch: (name: string, epoch: number) => void;
  readonly onEnd: (name: string, outcome: RunOutcome) => void;
  readonly onFailure: (name: string, message: string, again: boolean) => void;
  /** A run was given back, with its state. */
  readonly onBack: (name: string) => void;
  readonly onTrouble: (message: string) => void;
}

/**
 * Takes runs of a queue, each in a process of its own, until the signal is aborted: then runs under way leave their state and go back to the queue.
 *
 * @throws EngineError where the engine does not start, before any run is taken or after all were given back; DataError where the folder holds no
 * FER2013; QueueError where Redis does not answer.
 */
export async function serveRuns(
  options: ServeOptions,
  events: ServeEvents,
  shell: Pick<Shell, 'program' | 'signal'>,
): Promise<void> {
  const bullmq = await loadBullmq();
  await prove(options);
  const { onTrouble } = events;
  const redis = await connectRedis(options.queue.address, { patience: null, onTrouble });
  const files = await openRunFiles(options.queue).catch((error: unknown) => {
    redis.disconnect();
    throw error;
  });
  try {
    await serve(options, events, shell, { bullmq, redis, store: jobStoreOn(files) });
  } finally {
    files.close();
    redis.disconnect();
  }
}

/** A worker whose engine does not start, or whose data cannot be read, must not take runs that others could do. */
async function prove({ engine: { backend, ...options }, folder }: ServeOptions): Promise<void> {
  await (await openBackend(backend, options)).close();
  if (folder !== null) await (await import('@selfcure/data/node')).readFerFiles({ folder });
}

/** What a worker holds open. */
interface Means {
  readonly bullmq: typeof Bullmq;
  readonly redis: Redis;
  readonly store: JobStore;
}

async function serve(
  { queue, engine, folder, concurrency, lease }: ServeOptions,
  { onReady, onStart, onEpoch, onEnd, onFailure, onBack, onTrouble }: ServeEvents,
  { program, signal }: Pick<Shell, 'program' | 'signal'>,
  { bullmq: { Worker, WaitingError }, redis, store }: Means,
): Promise<void> {
  const stop = new AbortController();
  let broken: EngineError | null = null;
  /** Ends a run whose lease another worker has taken over. */
  const held = new Map<string, AbortController>();

  const perform = async (job: Job<QueuedRun, RunOutcome>, token?: string): Promise<RunOutcome> => {
    const { spec, keepBackbone } = job.data;
    const lost = new AbortController();
    held.set(job.id!, lost);
    try {
      const outcome = stop.signal.aborted
        ? null
        : await runJobProcess(
            { spec: placedSpec(spec, folder), keepBackbone, engine, place: { queue } },
            {
              program,
              signal: AbortSignal.any([stop.signal, lost.signal]),
              onStart: (pid) => onStart(job.name, pid),
              onEpoch: (epoch) => {
                onEpoch(job.name, epoch);
                const progress: RunProgress = { epoch };
                // Nothing depends on it.
                job.updateProgress(progress).catch(() => {});
              },
            },
          );
      if (outcome) return outcome;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      broken ??= error;
      stop.abort();
    } finally {
      // This worker may have begun it anew meanwhile.
      if (held.get(job.id!) === lost) held.delete(job.id!);
    }
    if (!lost.signal.aborted) {
      await job.moveToWait(token);
      onBack(job.name);
    }
    throw new WaitingError();
  };

  const worker = new Worker<QueuedRun, RunOutcome>(queue.name, perform, {
    connection: redis,
    prefix: queue.address.prefix,
    concurrency,
    lockDuration: lease,
    stalledInterval: lease / 2,
    maxStalledCount: mostLosses,
    autorun: false,
  });
  const removals = new Set<Promise<unknown>>();
  worker.on('completed', (job, outcome) => {
    // One that stays goes by itself.
    const removal: Promise<unknown> = store
      .removeState(job.data.spec)
      .catch(() => {})
      .finally(() => removals.delete(removal));
    removals.add(removal);
    onEnd(job.name, outcome);
  });
  worker.on('failed', (job, { message }) => {
    if (job) onFailure(job.name, message, job.attemptsMade < (job.opts.attempts ?? 1));
  });
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) {
      if (held.has(id)) onTrouble('this worker was silent for too long, and another one has taken over its run');
      held.get(id)?.abort();
    }
  });
  worker.on('error', troubles(redis, onTrouble));

  try {
    await worker.waitUntilReady();
  } catch (error) {
    await worker.close();
    throw error;
  }
  onReady();
  const serving = worker.run();
  await Promise.race([serving, aborted(signal ? AbortSignal.any([signal, stop.signal]) : stop.signal)]);
  const closed = worker.close();
  stop.abort();
  await Promise.all([closed, serving]);
  await Promise.all(removals);
  if (broken) throw broken;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
