import { fork } from 'node:child_process';
import type { RunOutcome } from '@selfcure/experiments';
import { CliError, EngineError } from '../errors.ts';
import { jobVariable } from './job-messages.ts';
import type { JobMessage, PauseMessage } from './job-messages.ts';
import type { JobRequest } from './run-job.ts';

/** How long a process may take to end after its last message. */
const PATIENCE = 10_000;
/** Letters of its last words that an error repeats. */
const LAST_WORDS = 2000;

/** Around the process of a job. */
export interface JobProcessOptions {
  /** The command line's program. */
  readonly program: string;
  readonly signal?: AbortSignal;
  readonly onStart: (pid: number) => void;
  readonly onEpoch: (epoch: number) => void;
}

/**
 * Runs a job in a process of its own. When the signal is aborted the process is told to pause, and leaves the state of its run.
 *
 * @returns null where the signal ended it.
 * @throws EngineError where the engine does not start; CliError with the message of what failed, or the signal that killed the process.
 */
export function runJobProcess(
  request: JobRequest,
  { program, signal, onStart, onEpoch }: JobProcessOptions,
): Promise<RunOutcome | null> {
  return new Promise((resolve, reject) => {
    const child = fork(program, ['job'], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      env: { ...process.env, [jobVariable]: '1' },
    });
    let last: JobMessage | null = null;
    let words = '';
    let timer: NodeJS.Timeout | undefined;
    const pause = (): void => {
      const message: PauseMessage = { type: 'pause' };
      if (child.connected) child.send(message, () => {});
    };
    signal?.addEventListener('abort', pause, { once: true });
    child.stderr!.on('data', (data: Buffer) => (words = (words + data.toString()).slice(-LAST_WORDS)));
    child.on('spawn', () => {
      onStart(child.pid!);
      child.send(request, () => {});
      if (signal?.aborted) pause();
    });
    child.on('message', (message: JobMessage) => {
      if (message.type === 'epoch') return onEpoch(message.epoch);
      last = message;
      // An engine that does not let go of its process must not hold up the experiment.
      timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
    });
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', pause);
      finish();
    };
    child.on('error', (error) =>
      settle(() =>
        reject(
          new CliError(`the process of a run cannot be started with ${program}: ${error.message}`, { cause: error }),
        ),
      ),
    );
    child.on('close', (code, killed) =>
      settle(() => {
        if (last?.type === 'outcome') return resolve(last.outcome);
        if (last?.type === 'failed')
          return reject(
            last.engine ? new EngineError(last.message, last.engine) : new JobError(last.message, last.stack),
          );
        if (signal?.aborted) return resolve(null);
        const end = killed ? `by ${killed}` : `with code ${code}`;
        reject(
          new CliError(
            `its process ended ${end} before its run was done. The same command goes on from its last epoch${words.trim() === '' ? '' : `. It said: ${words.trim()}`}`,
          ),
        );
      }),
    );
  });
}

/** What failed in another process, with its stack. */
class JobError extends CliError {
  override name = 'JobError';
  constructor(message: string, stack: string) {
    super(message);
    this.stack = stack;
  }
}
