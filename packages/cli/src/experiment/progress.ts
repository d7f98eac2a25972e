import { rowName, runsOf, specKey } from '@selfcure/experiments';
import type { Failure, Job, Result, RunSpec } from '@selfcure/experiments';
import { duration, percent } from '../output/format.ts';
import { jsonLine, writeWarning } from '../output/progress.ts';
import type { Shell } from '../shell.ts';

/** Shows the runs of an experiment. */
export interface ExperimentProgress {
  /** More runs are planned. */
  plan(jobs: readonly Job[]): void;
  start(job: Job, pid: number | null): void;
  epoch(job: Job, epoch: number): void;
  end(end: Result | Failure, state: { readonly stored: boolean }): void;
  close(): void;
}

/** A job in words. */
export const jobName = ({ labels, spec }: Job): string => `${rowName(labels, Object.keys(labels))}, seed ${spec.seed}`;

/** Work of a run, in any unit: what the time left is estimated from. */
const workOf = ({ data, epochs }: RunSpec): number => epochs * (data.samples ?? 28_000);

/**
 * A line on stdout for every run that ends (a JSON object with `json`); where a person looks, a line on stderr with what runs and the time left.
 */
export function experimentProgress(shell: Shell, json: boolean): ExperimentProgress {
  const live = !json && shell.stderr.isTTY === true;
  const planned = new Map<string, RunSpec>();
  const running = new Map<string, { readonly job: Job; epoch: number; first: number }>();
  let settled = 0;
  let began: number | null = null;
  /** Work that this process has seen done. */
  let done = 0;
  let open = 0;

  const left = (): string => {
    const part = [...running.values()].reduce(
      (sum, { job, epoch }) => sum + (workOf(job.spec) * epoch) / job.spec.epochs,
      0,
    );
    const fresh = [...running.values()].reduce(
      (sum, { job, first }) => sum + (workOf(job.spec) * first) / job.spec.epochs,
      0,
    );
    const worked = done + part - fresh;
    if (began === null || worked <= 0) return '…';
    return duration(((Date.now() - began) / 1000 / worked) * (open - part));
  };
  const clear = (): void => {
    if (live) shell.stderr.write('\r\u001b[2K');
  };
  const draw = (): void => {
    if (!live) return;
    const runs = [...running.values()].map(({ job, epoch }) => `${jobName(job)} ${epoch}/${job.spec.epochs}`);
    const text = `${settled}/${planned.size} runs, ${left()} left: ${runs.join(' | ')}`;
    shell.stderr.write(`\r\u001b[2K${text.slice(0, (shell.stderr.columns ?? 100) - 1)}`);
  };
  const say = (text: string): void => {
    clear();
    shell.stdout.write(text);
    draw();
  };

  return {
    plan: (jobs) => {
      for (const { spec } of runsOf(jobs)) {
        const key = specKey(spec);
        if (planned.has(key)) continue;
        planned.set(key, spec);
        open += workOf(spec);
      }
    },
    start: (job, pid) => {
      began ??= Date.now();
      running.set(specKey(job.spec), { job, epoch: 0, first: 0 });
      if (json) jsonLine(shell, { event: 'run-start', ...job.labels, seed: job.spec.seed, pid });
      draw();
    },
    epoch: (job, epoch) => {
      const run = running.get(specKey(job.spec));
      if (!run) return;
      // What an earlier process has done tells nothing of the speed of this one.
      if (run.epoch === 0) run.first = epoch - 1;
      run.epoch = epoch;
      if (json) jsonLine(shell, { event: 'run-epoch', ...job.labels, seed: job.spec.seed, epoch });
      draw();
    },
    end: (end, { stored }) => {
      const job = 'outcome' in end ? end : end.job;
      const key = specKey(job.spec);
      const work = workOf(job.spec);
      const run = running.get(key);
      running.delete(key);
      settled++;
      open -= work;
      if (run) done += (work * (job.spec.epochs - run.first)) / job.spec.epochs;
      const at = { done: settled, total: planned.size };
      if ('outcome' in end) {
        const { accuracy = null, seconds = null } = end.outcome.figures;
        if (json)
          jsonLine(shell, { event: 'run', ...job.labels, seed: job.spec.seed, stored, accuracy, seconds, ...at });
        else if (!stored)
          say(
            `[${settled}/${planned.size}] ${jobName(job)}: accuracy ${percent(accuracy)}, ${seconds === null ? '' : duration(seconds)}; ${open > 0 ? `${left()} left` : 'the last'}\n`,
          );
        return;
      }
      const message = end.error instanceof Error ? end.error.message : String(end.error);
      if (json) jsonLine(shell, { event: 'run-failure', ...job.labels, seed: job.spec.seed, message, ...at });
      clear();
      writeWarning(shell, `${jobName(job)} failed: ${message}`);
      draw();
    },
    close: clear,
  };
}
