import { join } from 'node:path';
import { evaluate, measureNormalization, relabelQuality, terminateOnNaN, train, TrainError } from '@selfcure/core';
import type { Callback, Run, RunEnd } from '@selfcure/core';
import { renderReport } from '@selfcure/report';
import type { Json, Program } from '@selfcure/tensor';
import { transitionOf } from '../audit/transition-of.ts';
import { openAgreement } from '../cluster/agreement.ts';
import type { Cluster } from '../cluster/cluster-arguments.ts';
import { commonState } from '../cluster/common-state.ts';
import { pauseTogether } from '../cluster/pause-together.ts';
import { loadData } from '../data/load-data.ts';
import type { RunData } from '../data/run-data.ts';
import { openBackend } from '../engine/adapters.ts';
import { observed } from '../engine/observed.ts';
import { CliError } from '../errors.ts';
import { jsonLine, showProgress } from '../output/progress.ts';
import { fileStore } from '../run-folder/file-store.ts';
import type { FileStore } from '../run-folder/file-store.ts';
import { ownSamples } from '../run-folder/labels-table.ts';
import type { RunManifest } from '../run-folder/manifest.ts';
import { saveModel } from '../run-folder/model-file.ts';
import { runFiles } from '../run-folder/names.ts';
import type { Shell } from '../shell.ts';
import { describeRun } from './describe-run.ts';
import { buildParts } from './parts.ts';
import { pretrainedRun } from './pretrained-run.ts';
import { checkSameData, discardRun, findStoredRun } from './resume.ts';
import type { StoredRun } from './resume.ts';
import { runRecorder } from './run-recorder.ts';
import type { TrainSettings } from './settings.ts';
import { summaryLines } from './summary.ts';
import { testFigures } from './test-figures.ts';
import { trustedRun } from './trusted-run.ts';

/** How `selfcure train` runs, beside what it computes. */
export interface TrainingMode {
  /** Threads that compute; null for the engine's default. They decide no number. */
  readonly threads: number | null;
  /** Folder of what is computed once: features, and decoded pictures that memory does not hold. */
  readonly cache: string;
  /** The processes that train together; null where this one does alone. */
  readonly cluster: Cluster | null;
  /** Run folder. */
  readonly out: string;
  readonly json: boolean;
  /** Starts anew, whatever the folder holds. */
  readonly force: boolean;
  /** Fails where the folder holds no run. */
  readonly resume: boolean;
}

/** Exit code of a command that was interrupted. */
export const INTERRUPTED = 130;

/**
 * Trains, or goes on with what the folder holds.
 *
 * @returns the exit code.
 */
export async function runTraining(settings: TrainSettings, mode: TrainingMode, shell: Shell): Promise<number> {
  const store = fileStore(mode.out);
  if (mode.force) await discardRun(store);
  await store.sweep();
  const stored = mode.force ? null : await findStoredRun(store, settings);
  if (mode.resume && !stored)
    throw new CliError(`--resume: ${store.folder} holds no run to go on with. Leave --resume out to start one`);
  if (stored?.manifest.status === 'finished') {
    if (mode.json)
      jsonLine(shell, {
        event: 'end',
        status: 'finished',
        already: true,
        out: store.folder,
        test: stored.manifest.test,
      });
    else
      shell.stdout.write(`Finished already: ${store.folder}. Use --force to start anew, or another --seed or --out.\n`);
    return 0;
  }

  const note = (text: string): void => {
    if (!mode.json) shell.stderr.write(`${text}\n`);
  };
  // One process writes a cache of features: workers have their own.
  const cache = mode.cluster ? join(mode.cache, `worker-${mode.cluster.index}`) : mode.cache;
  const data = await loadData(settings, { cache, note });
  try {
    return await runOn(data, { settings, mode, shell, store, stored, cache, note });
  } finally {
    await data.close?.();
  }
}

/** What a run has before its data. */
interface Opened {
  readonly settings: TrainSettings;
  readonly mode: TrainingMode;
  readonly shell: Shell;
  readonly store: FileStore;
  readonly stored: StoredRun | null;
  readonly cache: string;
  readonly note: (text: string) => void;
}

async function runOn(data: RunData, { settings, mode, shell, store, stored, cache, note }: Opened): Promise<number> {
  if (stored) checkSameData(stored.manifest, data);
  const transition = await transitionOf(settings, data);
  const built = await buildParts(settings, data.train, transition?.matrix ?? null);
  const behind = (stored?.manifest.trusted?.gate ?? []).filter(({ epoch }) => epoch < (stored?.state?.epoch ?? 1));
  const trusted = trustedRun(data, built.method, transition, behind);
  const parts = trusted ? { ...built, method: trusted.method } : built;
  const { device, fineTune } = settings;
  const engine = await openBackend(settings.backend, {
    ...(mode.threads !== null && { threads: mode.threads }),
    ...(device && { device }),
    ...(mode.cluster && { workers: mode.cluster }),
  });
  try {
    const pretrained = fineTune === null ? null : await pretrainedRun({ data, backend: engine, fineTune, cache, note });
    const normalization =
      pretrained?.normalization ?? stored?.manifest.parts.normalization ?? (await measureNormalization(data.train));
    let program: Program | null = null;
    // The training step is the first program with parameters that a run compiles.
    const backend = observed(engine, (compiled) => {
      if (compiled.graph.state.some(({ kind }) => kind === 'parameter')) program ??= compiled;
    });
    const { workers } = engine.capabilities;
    const agreement = workers ? await openAgreement(engine) : null;
    const from = agreement
      ? await commonState(stored ?? { state: null, previous: null }, agreement)
      : (stored?.state ?? null);
    // Where the others have not come as far, the epoch before becomes the last one.
    if (from && from === stored?.previous) await store.move(runFiles.previousState, runFiles.state);
    const samples = ownSamples(
      { ids: data.ids, truth: data.train.truth ?? null, classes: data.train.classes },
      workers,
    );
    const describe = (): RunManifest =>
      describeRun({
        settings,
        data,
        parts,
        normalization,
        backend,
        program: program!,
        trusted: trusted?.facts() ?? null,
      });
    const recorder = runRecorder({
      store,
      samples,
      describe,
      earlier: (stored?.manifest.warnings ?? []).filter(({ epoch }) => epoch < (from?.epoch ?? 1)),
      keepPrevious: agreement !== null,
    });
    const progress = showProgress(shell, mode);
    announce(shell, mode, settings, data, from);
    const validation = pretrained ? pretrained.validation : data.validation;
    let run: Run;
    const broken: string[] = [];
    const watch: Callback = { name: 'NonFinite', onNonFinite: ({ message }) => void broken.push(message) };
    try {
      run = await train({
        backend,
        model: pretrained?.model ?? parts.model,
        recipe: parts.method,
        data: pretrained?.train ?? data.train,
        epochs: settings.epochs,
        seed: settings.seed,
        batchSize: settings.batch,
        ...(settings.shards !== null && { shards: settings.shards }),
        optimizer: parts.optimizer,
        normalization,
        callbacks: [
          progress,
          recorder,
          watch,
          terminateOnNaN(),
          ...(agreement ? [pauseTogether(agreement, shell.signal)] : []),
        ],
        ...(parts.augmentation && { augmentation: parts.augmentation }),
        ...(pretrained && { initialWeights: pretrained.initialWeights }),
        ...(validation && { validation }),
        ...(from && { resume: from }),
        ...(shell.signal && !agreement && { signal: shell.signal }),
      });
    } catch (error) {
      if (!agreement || !(error instanceof TrainError) || !(error.cause instanceof Error)) throw error;
      if (error.cause.name !== 'TensorFlowWorkerLostError') throw error;
      throw new CliError(
        `${error.message}. Every finished epoch is in ${store.folder}: start all workers again with the same commands`,
        { cause: error },
      );
    } finally {
      progress.close();
    }
    // Only workers are stopped: together, at the end of an epoch, to go on later.
    const end: RunEnd = run.end === 'stopped' ? 'paused' : run.end;
    await recorder.save(run.state, { status: end === 'finished' ? 'running' : end });
    const model = pretrained ? pretrained.whole(run.model) : run.model;
    await saveModel(`${store.folder}/${runFiles.model}`, model);
    if (end !== 'finished') return endEarly(run, end, broken, settings, mode, shell);
    // Scores of the one network, and a page for them, are the first worker's.
    const reports = (workers?.index ?? 0) === 0;

    const evaluation =
      reports && data.test && (await evaluate({ backend, model, data: data.test, batchSize: settings.batch }));
    const { truth, classes } = samples;
    const corrections =
      reports &&
      trusted &&
      (await trusted.recalibrate({
        backend,
        model,
        test: data.test,
        evaluation: evaluation || null,
        batchSize: settings.batch,
      }));
    if (corrections) await saveModel(`${store.folder}/${runFiles.model}`, model, corrections);
    const manifest = {
      ...describe(),
      status: 'finished' as const,
      progress: {
        epoch: run.state.epoch,
        step: run.state.step,
        epochs: settings.epochs,
        stepsPerEpoch: Math.floor(data.train.size / settings.batch),
      },
      warnings: recorder.warnings,
      test: evaluation ? testFigures(data.test!.name, evaluation, classes.length) : null,
      relabelling: truth && parts.method.relabel ? relabelQuality({ ...run.ledger, truth }) : null,
    };
    if (reports) {
      const html = await renderReport({
        title: manifest.title,
        // As it is written: without what JSON leaves out.
        manifest: JSON.parse(JSON.stringify(manifest)) as Json,
        data: data.train,
        run: { ...run, warnings: recorder.warnings },
        ...(evaluation && { evaluation }),
      });
      await store.set(runFiles.report, html);
    }
    await recorder.save(run.state, manifest);
    if (mode.json) {
      jsonLine(shell, {
        event: 'end',
        status: 'finished',
        out: store.folder,
        epochs: settings.epochs,
        test: manifest.test,
        relabelling: manifest.relabelling,
      });
    } else {
      shell.stdout.write(
        `${[...summaryLines(run, manifest), `Run folder: ${store.folder}${reports ? ` (open ${runFiles.report})` : ''}`].join('\n')}\n`,
      );
    }
    return 0;
  } finally {
    await engine.close();
  }
}

function announce(
  shell: Shell,
  mode: TrainingMode,
  settings: TrainSettings,
  data: RunData,
  from: { epoch: number; step: number } | null,
): void {
  if (mode.json) {
    jsonLine(shell, {
      event: 'start',
      out: mode.out,
      recipe: settings.recipe,
      model: settings.model,
      backend: settings.backend,
      train: data.train.size,
      validation: data.validation?.size ?? null,
      test: data.test?.size ?? null,
      epochs: settings.epochs,
      resumed: from && { epoch: from.epoch, step: from.step },
    });
    return;
  }
  const sizes = [
    `${data.train.size} samples of ${data.train.name}`,
    data.validation && `${data.validation.size} for validation`,
    data.test && `${data.test.size} for the test`,
  ];
  shell.stderr.write(
    `${settings.recipe} on ${settings.model}, ${settings.backend}${mode.cluster ? `, worker ${mode.cluster.index} of ${mode.cluster.workers.length}` : ''}: ${sizes.filter(Boolean).join(', ')} -> ${mode.out}\n`,
  );
  if (from) shell.stderr.write(`Going on from epoch ${from.epoch}, step ${from.step}.\n`);
}

function endEarly(
  run: Run,
  status: RunEnd,
  broken: readonly string[],
  settings: TrainSettings,
  mode: TrainingMode,
  shell: Shell,
): number {
  const { out: folder } = mode;
  const { epoch, step } = run.state;
  if (mode.json) jsonLine(shell, { event: 'end', status, out: folder, epoch, step, epochs: settings.epochs });
  if (status === 'paused') {
    shell.stderr.write(
      `Paused in epoch ${epoch} of ${settings.epochs} after step ${step}; everything is in ${folder}. The same command goes on from there.\n`,
    );
    return INTERRUPTED;
  }
  throw new CliError(`${broken.join('; ')}. The last finished epoch is in ${folder}`);
}
