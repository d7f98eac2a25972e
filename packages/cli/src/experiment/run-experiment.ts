import { availableParallelism } from 'node:os';
import {
  executeJobs,
  gridSettings,
  readOutcome,
  runsOf,
  shardOf,
  specKey,
  successiveHalving,
  sweepControls,
  sweepExperiment,
} from '@selfcure/experiments';
import type { Execution, Experiment, Failure, Job, Result, RunOutcome } from '@selfcure/experiments';
import type { EngineChoice } from '../engine/engine-arguments.ts';
import { EngineError } from '../errors.ts';
import { jsonLine, writeWarning } from '../output/progress.ts';
import { fileStore } from '../run-folder/file-store.ts';
import type { Shell } from '../shell.ts';
import type { QueueAddress } from '../queue/address.ts';
import { shownAddress } from '../queue/address.ts';
import { runQueue } from '../queue/names.ts';
import { openSubmission } from '../queue/submit-runs.ts';
import type { Submission } from '../queue/submit-runs.ts';
import { INTERRUPTED } from '../train/run-training.ts';
import { designOf } from './design.ts';
import { runJobProcess } from './job-process.ts';
import { jobStore } from './job-store.ts';
import type { JobStore } from './job-store.ts';
import { surroundings } from './machine.ts';
import { experimentProgress, jobName } from './progress.ts';
import type { ExperimentProgress } from './progress.ts';
import { checkGrid } from './read-experiment.ts';
import { runJob } from './run-job.ts';
import type { JobRequest } from './run-job.ts';
import type { ExperimentSettings } from './settings.ts';
import type { Shard } from './shard.ts';
import { resultFiles, writeResults } from './write-results.ts';

/** How an experiment runs, beside what it computes. */
export interface ExperimentMode {
  readonly out: string;
  readonly engine: EngineChoice;
  /** Processes at once; 0 runs everything in this one. Of a queue: no bound. */
  readonly jobs: number;
  /** Whose workers run everything; null: this machine does. */
  readonly queue: QueueAddress | null;
  readonly shard: Shard | null;
  readonly json: boolean;
  /** The command without paths, for the results. */
  readonly command: string;
}

/** Processes at once and the threads of each, where no option says: every core has one thread to do. A graphics processor is not shared. */
export function shareOut(
  engine: EngineChoice,
  jobs?: number,
): { readonly engine: EngineChoice; readonly jobs: number } {
  const { backend, device, threads } = engine;
  const graphics = backend === 'webgpu' || (backend === 'tensorflow' && device !== 'cpu');
  const parallel = jobs ?? (graphics ? 1 : Math.max(1, Math.floor(availableParallelism() / (threads ?? 1))));
  // TensorFlow takes every core where it is not told otherwise.
  const bounded = backend === 'tensorflow' && parallel > 1 && threads === undefined;
  return { engine: bounded ? { ...engine, threads: 1 } : engine, jobs: parallel };
}

/**
 * Runs an experiment, or what is left of it, and writes its results.
 *
 * @returns the exit code: 1 where a run failed, 130 where the signal ended it.
 */
export async function runExperiment(settings: ExperimentSettings, mode: ExperimentMode, shell: Shell): Promise<number> {
  const store = jobStore(mode.out, mode.engine.backend);
  await store.sweep();
  const progress = experimentProgress(shell, mode.json);
  announce(settings, mode, shell);
  const submission = mode.queue && (await submissionTo(mode.queue, settings, mode, shell));
  const execute = executor(mode, store, progress, shell, submission);
  let done: Done;
  try {
    done = settings.name === 'sweep' ? await runSweep(settings, execute) : await runDesign(settings, mode, execute);
  } finally {
    progress.close();
    await submission?.close();
  }
  const { experiment, failures } = done;
  const results = await allResults(experiment.jobs, store);
  const missing = runsOf(experiment.jobs).length - (await countDone(experiment.jobs, store));
  const folder = fileStore(mode.out);
  const around = await surroundings(shell.cwd);
  const headline = await writeResults(folder, {
    settings,
    command: mode.command,
    experiment,
    results,
    failures,
    missing,
    surroundings: { ...around, ...(mode.queue && { machine: null }) },
  });
  return finish({ headline, failures, open: done.open, missing, runs: results.length }, mode, shell);
}

function submissionTo(
  address: QueueAddress,
  { base }: ExperimentSettings,
  { engine }: ExperimentMode,
  shell: Shell,
): Promise<Submission> {
  return openSubmission(runQueue(address, engine.backend, base.data.kind), {
    ...(shell.signal && { signal: shell.signal }),
    onTrouble: (message) => writeWarning(shell, message),
  });
}

interface Done {
  readonly experiment: Experiment;
  readonly failures: readonly Failure[];
  /** Runs of this process that the signal kept from ending. */
  readonly open: number;
}

type Execute = (jobs: readonly Job[]) => Promise<Execution>;

async function runDesign(settings: ExperimentSettings, { shard }: ExperimentMode, execute: Execute): Promise<Done> {
  const experiment = designOf(settings as Parameters<typeof designOf>[0]);
  const { failures, open } = await execute(shard ? shardOf(experiment.jobs, shard) : experiment.jobs);
  return { experiment, failures, open };
}

async function runSweep({ base, grid, budgets, seeds, keep }: ExperimentSettings, execute: Execute): Promise<Done> {
  const choices = gridSettings(base, grid);
  checkGrid(choices);
  const halving = await successiveHalving({ settings: choices, budgets, seeds, keep, execute });
  const controls = halving.best ? await execute(sweepControls(halving, seeds)) : null;
  return {
    experiment: sweepExperiment(halving, controls?.results ?? [], base.recipe),
    failures: [...halving.failures, ...(controls?.failures ?? [])],
    open: halving.open + (controls?.open ?? 0),
  };
}

/**
 * Runs jobs, each in a process of its own or by a worker of the queue.
 *
 * @throws EngineError where the engine does not start: no other run would.
 */
function executor(
  { engine, jobs: parallel, out }: ExperimentMode,
  store: JobStore,
  progress: ExperimentProgress,
  { signal, program }: Shell,
  submission: Submission | null,
): Execute {
  let broken: EngineError | null = null;
  const stop = {
    get aborted(): boolean {
      return broken !== null || signal?.aborted === true;
    },
  };
  const perform = async (request: JobRequest, job: Job): Promise<RunOutcome | null> => {
    const onEpoch = (epoch: number): void => progress.epoch(job, epoch);
    if (submission)
      return submission.run(job, request.keepBackbone, { onStart: () => progress.start(job, null), onEpoch });
    try {
      if (parallel > 0) {
        const onStart = (pid: number): void => progress.start(job, pid);
        return await runJobProcess(request, { program, onStart, onEpoch, ...(signal && { signal }) });
      }
      progress.start(job, null);
      return await runJob(request, { signal: stop, onEpoch });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      broken ??= error;
      return null;
    }
  };
  return async (jobs) => {
    progress.plan(jobs);
    const stages = new Set(jobs.flatMap(({ spec }) => (spec.pretrain ? [specKey(spec.pretrain)] : [])));
    const ended: Promise<void>[] = [];
    const execution = await executeJobs({
      jobs,
      store: store.outcomes,
      run: (job) =>
        perform({ spec: job.spec, keepBackbone: stages.has(specKey(job.spec)), engine, place: { out } }, job),
      parallel,
      signal: stop,
      onEnd: (end, state) => {
        if ('outcome' in end) ended.push(store.removeState(end.spec));
        progress.end(end, state);
      },
    });
    await Promise.all(ended);
    if (broken) throw broken;
    return execution;
  };
}

/** Results of all jobs whose outcome is stored, by whatever process. */
async function allResults(jobs: readonly Job[], { outcomes }: JobStore): Promise<readonly Result[]> {
  const found = await Promise.all(
    jobs.map(async ({ labels, spec }) => ({ labels, spec, outcome: await readOutcome(outcomes, { labels, spec }) })),
  );
  return found.flatMap(({ outcome, ...job }) => (outcome ? [{ ...job, outcome }] : []));
}

const countDone = async (jobs: readonly Job[], { outcomes }: JobStore): Promise<number> =>
  (await Promise.all(runsOf(jobs).map((job) => readOutcome(outcomes, job)))).filter((outcome) => outcome !== null)
    .length;

function announce(
  { name, base, seeds }: ExperimentSettings,
  { out, engine, jobs, queue, json, shard }: ExperimentMode,
  shell: Shell,
): void {
  if (json) {
    jsonLine(shell, { event: 'start', experiment: name, out, seeds, jobs, backend: engine.backend, shard });
    return;
  }
  const part = shard ? `, part ${shard.index + 1} of ${shard.count}` : '';
  shell.stderr.write(
    `${name} on ${base.data.kind === 'faces' ? 'faces' : 'FER2013'}, ${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'}${part}: ${base.epochs} epochs of ${base.model.name}, ${engine.backend}, ${queue ? `by the workers of ${shownAddress(queue)}` : jobs > 0 ? `${jobs} at once` : 'in this process'} -> ${out}\n`,
  );
}

function finish(
  {
    headline,
    failures,
    open,
    missing,
    runs,
  }: {
    readonly headline: readonly string[];
    readonly failures: readonly Failure[];
    readonly open: number;
    readonly missing: number;
    readonly runs: number;
  },
  { json, out, queue, shard }: ExperimentMode,
  shell: Shell,
): number {
  const paused = open > 0;
  const failed = failures.map(({ job, error }) => ({
    name: jobName(job),
    message: error instanceof Error ? error.message : String(error),
  }));
  const status = paused ? 'paused' : failed.length > 0 ? 'failed' : missing > 0 ? 'part' : 'finished';
  if (json) jsonLine(shell, { event: 'end', status, out, runs, missing, failures: failed, headline });
  else
    shell.stdout.write(`${headline.map((line) => `${line}\n`).join('')}Results: ${out} (open ${resultFiles.report})\n`);
  for (const { name, message } of failed) shell.stderr.write(`failed: ${name}: ${message}\n`);
  if (paused)
    shell.stderr.write(
      `Paused with ${open} ${open === 1 ? 'run' : 'runs'} open; ${queue ? 'the workers go on with them, and the same command collects them' : 'the same command goes on from there'}.\n`,
    );
  else if (failed.length > 0)
    shell.stderr.write(
      `${failed.length} of the runs failed; the same command tries them again and keeps the others.\n`,
    );
  else if (missing > 0 && shard)
    shell.stderr.write(
      `${missing} runs belong to other parts. With all outcomes in one folder, the command without --shard writes the whole.\n`,
    );
  return paused ? INTERRUPTED : failed.length > 0 ? 1 : 0;
}
