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

/** A job that failed, and why. */
export interface Failure {
  readonly job: Job;
  readonly error: unknown;
}
