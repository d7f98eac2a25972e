import { once } from 'node:events';
import { EngineError, UsageError } from '../errors.ts';
import { jobVariable } from '../experiment/job-messages.ts';
import type { JobMessage, PauseMessage } from '../experiment/job-messages.ts';
import { runJob } from '../experiment/run-job.ts';
import type { JobRequest } from '../experiment/run-job.ts';
import type { Command } from './command.ts';

/** `selfcure job`: the process of one run of an experiment. */
export const command: Command = {
  description: "The process of one run, which 'selfcure experiment' starts",
  args: {},
  examples: ['selfcure experiment compare'],
  run: async (_, shell) => {
    if (!process.send || !process.connected || process.env[jobVariable] === undefined)
      throw new UsageError("job is started by 'selfcure experiment', which tells it what to run");
    const tell = (message: JobMessage): Promise<void> =>
      new Promise((resolve) => {
        // A parent that is gone hears nothing; the state of the run is kept all the same.
        if (process.connected) process.send!(message, () => resolve());
        else resolve();
      });
    const [request] = (await once(process, 'message')) as [JobRequest];
    const parent = new AbortController();
    process.on('message', ({ type }: PauseMessage) => {
      if (type === 'pause') parent.abort();
    });
    process.once('disconnect', () => parent.abort());
    const signal = shell.signal ? AbortSignal.any([shell.signal, parent.signal]) : parent.signal;
    try {
      const outcome = await runJob(request, { signal, onEpoch: (epoch) => void tell({ type: 'epoch', epoch }) });
      await tell(outcome ? { type: 'outcome', outcome } : { type: 'paused' });
      return 0;
    } catch (error) {
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      const engine = error instanceof EngineError ? { missing: error.missing } : null;
      await tell({ type: 'failed', message, stack: stack ?? '', engine });
      return 1;
    } finally {
      if (process.connected) process.disconnect();
    }
  },
};
