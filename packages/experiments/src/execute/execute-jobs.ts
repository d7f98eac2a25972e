import type { RunOutcome } from '../spec/run-spec.ts';
import { portableSpec, specKey } from '../spec/spec-key.ts';
import type { Failure, Job, Result } from './job.ts';

/** Where outcomes are kept; any store of text by key. */
export interface OutcomeStore {
  get(key: string): Promise<string | null>;
  set(key: string, text: string): Promise<void>;
}

/** What {@link executeJobs} has done. */
export interface Execution {
  /** In order of the jobs, without those that failed or were not reached. */
  readonly results: readonly Result[];
  readonly failures: readonly Failure[];
  /** Runs that the signal kept from ending. */
  readonly open: number;
}

/** Name of the outcome of a key in a store. */
export const outcomeName = (key: string): string => `outcome-${key}.json`;

/** The outcome of a job out of a store; null where there is none. */
export async function readOutcome(store: OutcomeStore, job: Job): Promise<RunOutcome | null> {
  const text = await store.get(outcomeName(specKey(job.spec)));
  return text === null ? null : (JSON.parse(text) as { outcome: RunOutcome }).outcome;
}

/** A run that is waited for or under way. */
interface Task {
  readonly key: string;
  readonly job: Job;
  /** Key of the pretraining that it starts from. */
  readonly after: string | null;
}

/** Every run once; a pretraining stands before what starts from it, as a run of its own. */
export function runsOf(jobs: readonly Job[]): readonly Job[] {
  const all = jobs.flatMap((job) =>
    job.spec.pretrain
      ? [{ labels: { pretraining: job.spec.pretrain.recipe.use }, spec: job.spec.pretrain }, job]
      : [job],
  );
  return [...new Map(all.map((job) => [specKey(job.spec), job])).values()];
}

/**
 * Runs the jobs whose outcome is not stored yet, some at once, and the pretraining that they start from before them, once for all that share it. What is
 * finished is stored at once, so that an interrupted experiment goes on where it was; a job that fails does not keep the others from running.
 *
 * @example const { results } = await executeJobs({ jobs, store: outcomes, run: (job) => runSpec(job.spec, place) });
 */
export async function executeJobs({
  jobs,
  store,
  run,
  parallel = 1,
  signal,
  onStart,
  onEnd,
}: {
  readonly jobs: readonly Job[];
  readonly store: OutcomeStore;
  /** Gives null where the signal ended it. */
  readonly run: (job: Job) => Promise<RunOutcome | null>;
  /** Jobs at once. Default 1. */
  readonly parallel?: number;
  readonly signal?: { readonly aborted: boolean };
  /** Told before a run that is not stored. */
  readonly onStart?: (job: Job) => void;
  /** Told of every run: its outcome, or its failure. */
  readonly onEnd?: (
    end: Result | Failure,
    state: { readonly done: number; readonly total: number; readonly stored: boolean },
  ) => void;
}): Promise<Execution> {
  const outcomes = new Map<string, RunOutcome>();
  const failures = new Map<string, Failure>();
  const waiting = runsOf(jobs).map((job): Task => ({
    key: specKey(job.spec),
    job,
    after: job.spec.pretrain && specKey(job.spec.pretrain),
  }));
  const total = waiting.length;
  const running = new Set<Promise<void>>();

  const end = (key: string, one: Result | Failure, stored: boolean): void => {
    if ('outcome' in one) outcomes.set(key, one.outcome);
    else failures.set(key, one);
    onEnd?.(one, { done: outcomes.size + failures.size, total, stored });
  };
  const perform = async ({ key, job, after }: Task): Promise<void> => {
    const stored = await readOutcome(store, job);
    if (stored) return end(key, { ...job, outcome: stored }, true);
    try {
      if (after !== null && failures.has(after)) throw new Error('the pretraining that it starts from failed');
      onStart?.(job);
      const outcome = await run(job);
      if (outcome === null) return;
      await store.set(
        outcomeName(key),
        `${JSON.stringify({ labels: job.labels, spec: portableSpec(job.spec), outcome }, null, 1)}\n`,
      );
      end(key, { ...job, outcome }, false);
    } catch (error) {
      end(key, { job, error }, false);
    }
  };

  /** Pretraining under way, or not reached. */
  const unsettled = new Set(waiting.flatMap(({ after }) => after ?? []));
  while (!signal?.aborted) {
    const next = waiting.findIndex(({ after }) => after === null || !unsettled.has(after));
    if (next >= 0 && running.size < Math.max(1, parallel)) {
      const [task] = waiting.splice(next, 1) as [Task];
      const work: Promise<void> = perform(task).finally(() => {
        unsettled.delete(task.key);
        running.delete(work);
      });
      running.add(work);
    } else if (running.size > 0) await Promise.race(running);
    else break;
  }
  await Promise.all(running);
  const results = jobs.flatMap((job) => {
    const outcome = outcomes.get(specKey(job.spec));
    return outcome ? [{ ...job, outcome }] : [];
  });
  return { results, failures: [...failures.values()], open: total - outcomes.size - failures.size };
}
