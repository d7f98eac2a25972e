import type { Job, RunOutcome } from '@selfcure/experiments';
import { portableSpec } from '@selfcure/experiments';
import type { Queue } from 'bullmq';
import { QueueError } from '../errors.ts';
import { jobName } from '../experiment/progress.ts';
import { shownAddress } from './address.ts';
import { connectRedis, troubles } from './connect.ts';
import { keptFor, runIdOf } from './names.ts';
import type { QueuedRun, RunProgress, RunQueue } from './names.ts';
import { loadBullmq } from './packages.ts';

/** Attempts at a run, and the pause before the second in milliseconds; it doubles. */
const attempts = 3;
const firstPause = 1000;
/** Events tell how a run stands; every so many milliseconds it is looked up, for events may be lost with a connection. */
const lookEvery = 5000;

/** What is told of a run that waits for its outcome. */
export interface SubmittedEvents {
  /** A worker has begun with it, or another one goes on. */
  readonly onStart: () => void;
  readonly onEpoch: (epoch: number) => void;
}

/** A queue to hand runs to. */
export interface Submission {
  /**
   * Hands a run to the workers and waits for its outcome. A run that is in the queue already, whoever asked for it, is waited for; one that failed is tried
   * again; the outcome of one that is done is there at once.
   *
   * @returns null where the signal ended the waiting; the run stays in the queue.
   * @throws QueueError with what its last worker said, or where the queue has lost it.
   */
  run(job: Job, keepBackbone: boolean, events: SubmittedEvents): Promise<RunOutcome | null>;
  close(): Promise<void>;
}

/** A run that somebody waits for. */
interface Watch {
  readonly events: SubmittedEvents;
  /** Looks whether it is over. */
  look(): Promise<void>;
}

/**
 * Opens a queue to hand runs to.
 *
 * @throws QueueError where Redis does not answer, or a package is missing.
 */
export async function openSubmission(
  runs: RunQueue,
  { signal, onTrouble }: { readonly signal?: AbortSignal; readonly onTrouble: (message: string) => void },
): Promise<Submission> {
  const { Queue: BullQueue, QueueEvents } = await loadBullmq();
  const redis = await connectRedis(runs.address, { patience: null, onTrouble });
  const connection = { connection: redis, prefix: runs.address.prefix };
  const onError = troubles(redis, onTrouble);
  const queue = new BullQueue(runs.name, connection);
  queue.on('error', onError);
  try {
    // Before events are listened to, on a connection of their own: one that BullMQ refuses would stay open.
    await queue.waitUntilReady();
    if ((await queue.getWorkersCount()) === 0)
      onTrouble(`no worker takes these runs yet. Start some: selfcure worker --queue ${shownAddress(runs.address)}`);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  const events = new QueueEvents(runs.name, connection);
  events.on('error', onError);
  await events.waitUntilReady();

  /** By id; several jobs of one experiment may be the same run. */
  const watches = new Map<string, Set<Watch>>();
  const told = (id: string): Watch[] => [...(watches.get(id) ?? [])];
  const lookAt = ({ jobId }: { jobId: string }): void => {
    for (const watch of told(jobId)) void watch.look();
  };
  events.on('completed', lookAt);
  events.on('failed', lookAt);
  events.on('active', ({ jobId }) => told(jobId).forEach((watch) => watch.events.onStart()));
  events.on('progress', ({ jobId, data }) =>
    told(jobId).forEach((watch) => watch.events.onEpoch((data as RunProgress).epoch)),
  );
  events.on('stalled', ({ jobId }) => {
    if (watches.has(jobId)) onTrouble('a worker has gone silent; another one goes on with its run');
  });
  const timer = setInterval(() => [...watches.keys()].forEach((jobId) => lookAt({ jobId })), lookEvery);

  return {
    run: async (job, keepBackbone, one) => {
      const run: QueuedRun = { spec: portableSpec(job.spec), keepBackbone };
      const id = runIdOf(run);
      await submit(queue, id, jobName(job), run);
      return new Promise((resolve, reject) => {
        const settle = (finish: () => void): void => {
          const set = watches.get(id);
          set?.delete(watch);
          if (set?.size === 0) watches.delete(id);
          signal?.removeEventListener('abort', leave);
          finish();
        };
        const leave = (): void => settle(() => resolve(null));
        const watch: Watch = {
          events: one,
          look: async () => {
            try {
              const end = await endOf(queue, id);
              if (end) settle(() => resolve(end));
            } catch (error) {
              settle(() => reject(error as Error));
            }
          },
        };
        watches.set(id, (watches.get(id) ?? new Set()).add(watch));
        if (signal?.aborted) return leave();
        signal?.addEventListener('abort', leave, { once: true });
        void watch.look();
      });
    },
    close: async () => {
      clearInterval(timer);
      await Promise.allSettled([events.close(), queue.close()]);
      redis.disconnect();
    },
  };
}

/** Puts a run into the queue, once. */
async function submit(queue: Queue, id: string, name: string, run: QueuedRun): Promise<void> {
  if ((await queue.getJobState(id)) === 'failed') {
    const job = await queue.getJob(id);
    // Somebody else who tries it again at the same moment is welcome.
    await job?.retry('failed', { resetAttemptsMade: true }).catch(async (error: unknown) => {
      if ((await queue.getJobState(id)) === 'failed') throw error;
    });
    return;
  }
  await queue.add(name, run, {
    jobId: id,
    attempts,
    backoff: { type: 'exponential', delay: firstPause },
    removeOnComplete: { age: keptFor / 1000 },
    removeOnFail: { age: keptFor / 1000 },
  });
}

/**
 * The outcome of a run; null where it is not over.
 *
 * @throws QueueError where it has failed or is gone.
 */
async function endOf(queue: Queue, id: string): Promise<RunOutcome | null> {
  const state = await queue.getJobState(id);
  if (state !== 'completed' && state !== 'failed' && state !== 'unknown') return null;
  const job = await queue.getJob(id);
  if (state === 'unknown' || !job)
    throw new QueueError(
      'it is gone from the queue: Redis was emptied, or restarted without its disk. The same command submits it again',
    );
  if (state === 'completed') return job.returnvalue as RunOutcome;
  const last = job.failedReason ?? 'no reason is given';
  throw new QueueError(
    /stalled more than allowable/.test(last)
      ? 'its workers were lost again and again: they may lack memory for it'
      : last,
  );
}
