import { fingerprint } from '@selfcure/data';
import type { RunOutcome, RunSpec } from '../spec/run-spec.ts';

/** One run of an experiment. */
export interface Job {
  /** Row and column of the tables it belongs to, such as `{ recipe: 'cure', noise: 'symmetric 30 %' }`; the seed is in the spec. */
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: RunSpec;
}

/** A job that is done. */
export interface Result extends Job {
  readonly outcome: RunOutcome;
}

/** Where outcomes are kept; any store of text by key. */
export interface OutcomeStore {
  get(key: string): Promise<string | null>;
  set(key: string, text: string): Promise<void>;
}

/** A job that failed, and why. */
export interface Failure {
  readonly job: Job;
  readonly error: unknown;
}

/** What {@link executeJobs} has done. */
export interface Execution {
  /** In order of the jobs, without those that failed or were not reached. */
  readonly results: readonly Result[];
  readonly failures: readonly Failure[];
  /** Jobs that the signal kept from ending. */
  readonly open: number;
}

/** Key of a spec: equal specs share an outcome, over experiments too. */
export function specKey(spec: RunSpec): string {
  return `outcome-${fingerprint({ kind: 'run-spec', facts: sorted(spec) })
    .replace('sha256:', '')
    .slice(0, 32)}.json`;
}

/** Plain data with keys in one order; paths of data folders do not count. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'folder')
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => [name, sorted(one)]),
  );
}

/**
 * Runs the jobs whose outcome is not stored yet, some at once. What is finished is stored at once, so that an interrupted
 * experiment goes on where it was; a job that fails does not keep the others from running.
 *
 * @param run gives null where the signal ended it.
 * @param parallel jobs at once. Default 1.
 * @example const { results } = await executeJobs({ jobs, store, run: (job) => runSpec(job.spec, place) });
 */
export async function executeJobs({
  jobs,
  store,
  run,
  parallel = 1,
  signal,
  onResult,
}: {
  readonly jobs: readonly Job[];
  readonly store: OutcomeStore;
  readonly run: (job: Job) => Promise<RunOutcome | null>;
  readonly parallel?: number;
  readonly signal?: { readonly aborted: boolean };
  readonly onResult?: (
    result: Result,
    state: { readonly done: number; readonly total: number; readonly stored: boolean },
  ) => void;
}): Promise<Execution> {
  const outcomes = new Map<string, RunOutcome>();
  const failures: Failure[] = [];
  const waiting = [...new Map(jobs.map((job) => [specKey(job.spec), job])).entries()];
  const total = waiting.length;
  const finish = (key: string, job: Job, outcome: RunOutcome, stored: boolean): void => {
    outcomes.set(key, outcome);
    onResult?.({ ...job, outcome }, { done: outcomes.size + failures.length, total, stored });
  };
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next && !signal?.aborted; next = waiting.shift()) {
      const [key, job] = next;
      const stored = await store.get(key);
      if (stored !== null) {
        finish(key, job, (JSON.parse(stored) as { outcome: RunOutcome }).outcome, true);
        continue;
      }
      try {
        const outcome = await run(job);
        if (outcome === null) continue;
        await store.set(key, `${JSON.stringify({ spec: job.spec, outcome }, null, 1)}\n`);
        finish(key, job, outcome, false);
      } catch (error) {
        failures.push({ job, error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, parallel) }, worker));
  const results = jobs.flatMap((job) => {
    const outcome = outcomes.get(specKey(job.spec));
    return outcome ? [{ ...job, outcome }] : [];
  });
  return { results, failures, open: total - outcomes.size - failures.length };
}
