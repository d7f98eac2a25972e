import type { RunOutcome } from '@selfcure/experiments';

/** What the process of a job tells the one that started it. */
export type JobMessage =
  | { readonly type: 'epoch'; readonly epoch: number }
  | { readonly type: 'outcome'; readonly outcome: RunOutcome }
  | { readonly type: 'paused' }
  | {
      readonly type: 'failed';
      readonly message: string;
      readonly stack: string;
      /** The engine did not start, so no other run will; the package that is missing, where one is. */
      readonly engine: { readonly missing: string | null } | null;
    };

/** What it is told, beside its request. */
export interface PauseMessage {
  readonly type: 'pause';
}

/** Variable by which the process of a job knows what it is: other processes have a parent that they could tell something, too. */
export const jobVariable = 'SELFCURE_JOB';
