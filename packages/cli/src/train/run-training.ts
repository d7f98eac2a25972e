import { evaluate, measureNormalization, relabelQuality, terminateOnNaN, train } from '@selfcure/core';
import type { Callback, Run, RunEnd } from '@selfcure/core';
import { renderReport } from '@selfcure/report';
import type { Json, Program } from '@selfcure/tensor';
import { loadData } from '../data/load-data.ts';
import type { RunData } from '../data/run-data.ts';
import { openBackend } from '../engine/adapters.ts';
import { observed } from '../engine/observed.ts';
import { CliError } from '../errors.ts';
import { jsonLine, showProgress } from '../output/progress.ts';
import { fileStore } from '../run-folder/file-store.ts';
import { saveModel } from '../run-folder/model-file.ts';
import { runFiles } from '../run-folder/names.ts';
import type { Shell } from '../shell.ts';
import { describeRun } from './describe-run.ts';
import { buildParts } from './parts.ts';
import { checkSameData, discardRun, findStoredRun } from './resume.ts';
import { runRecorder } from './run-recorder.ts';
import type { TrainSettings } from './settings.ts';
import { summaryLines } from './summary.ts';
import { testFigures } from './test-figures.ts';

/** How `selfcure train` runs, beside what it computes. */
export interface TrainingMode {
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

  const data = await loadData(settings);
  if (stored) checkSameData(stored.manifest, data);
  const parts = await buildParts(settings, data.train);
  const normalization = stored?.manifest.parts.normalization ?? (await measureNormalization(data.train));
  const engine = await openBackend(settings.backend);
  try {
    let program: Program | null = null;
    // The training step is the first program that a run compiles.
    const backend = observed(engine, (compiled) => (program ??= compiled));
    const recorder = runRecorder({
      store,
      samples: { ids: data.ids, truth: data.train.truth ?? null, classes: data.train.classes },
      describe: () => describeRun({ settings, data, parts, normalization, backend, program: program! }),
      earlier: (stored?.manifest.warnings ?? []).filter(({ epoch }) => epoch < (stored?.state?.epoch ?? 1)),
    });
    const progress = showProgress(shell, mode);
    announce(shell, mode, settings, data, stored?.state ?? null);
    let run: Run;
    const broken: string[] = [];
    const watch: Callback = { name: 'NonFinite', onNonFinite: ({ message }) => void broken.push(message) };
    try {
      run = await train({
        backend,
        model: parts.model,
        recipe: parts.method,
        data: data.train,
        epochs: settings.epochs,
        seed: settings.seed,
        batchSize: settings.batch,
        optimizer: parts.optimizer,
        normalization,
        callbacks: [progress, recorder, watch, terminateOnNaN()],
        ...(parts.augmentation && { augmentation: parts.augmentation }),
        ...(data.validation && { validation: data.validation }),
        ...(stored?.state && { resume: stored.state }),
        ...(shell.signal && { signal: shell.signal }),
      });
    } finally {
      progress.close();
    }
    await recorder.save(run.state, { status: run.end === 'finished' ? 'running' : run.end });
    await saveModel(`${store.folder}/${runFiles.model}`, run.model);
    if (run.end !== 'finished') return endEarly(run, broken, settings, mode, shell);

    const evaluation =
      data.test && (await evaluate({ backend, model: run.model, data: data.test, batchSize: settings.batch }));
    const { truth, classes } = data.train;
    const { given, current, dropped } = run.ledger;
    const manifest = {
      ...describeRun({ settings, data, parts, normalization, backend, program: program! }),
      status: 'finished' as const,
      progress: {
        epoch: run.state.epoch,
        step: run.state.step,
        epochs: settings.epochs,
        stepsPerEpoch: Math.floor(data.train.size / settings.batch),
      },
      warnings: recorder.warnings,
      test: evaluation && testFigures(data.test!.name, evaluation, classes.length),
      relabelling: truth && parts.method.relabel ? relabelQuality({ given, current, truth, dropped }) : null,
    };
    const html = await renderReport({
      title: manifest.title,
      // As it is written: without what JSON leaves out.
      manifest: JSON.parse(JSON.stringify(manifest)) as Json,
      data: data.train,
      run: { ...run, warnings: recorder.warnings },
      ...(evaluation && { evaluation }),
    });
    await store.set(runFiles.report, html);
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
        `${[...summaryLines(run, manifest), `Run folder: ${store.folder} (open ${runFiles.report})`].join('\n')}\n`,
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
    `${settings.recipe} on ${settings.model}, ${settings.backend}: ${sizes.filter(Boolean).join(', ')} -> ${mode.out}\n`,
  );
  if (from) shell.stderr.write(`Going on from epoch ${from.epoch}, step ${from.step}.\n`);
}

function endEarly(
  run: Run,
  broken: readonly string[],
  settings: TrainSettings,
  mode: TrainingMode,
  shell: Shell,
): number {
  const { out: folder } = mode;
  const { epoch, step } = run.state;
  const status: RunEnd = run.end;
  if (mode.json) jsonLine(shell, { event: 'end', status, out: folder, epoch, step, epochs: settings.epochs });
  if (run.end === 'paused') {
    shell.stderr.write(
      `Paused in epoch ${epoch} of ${settings.epochs} after step ${step}; everything is in ${folder}. The same command goes on from there.\n`,
    );
    return INTERRUPTED;
  }
  throw new CliError(`${broken.join('; ')}. The last finished epoch is in ${folder}`);
}
