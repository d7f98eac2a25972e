import { join, resolve } from 'node:path';
import { leastVerified, recalibrated } from '@selfcure/audit';
import { evaluate, score } from '@selfcure/core';
import type { Dataset } from '@selfcure/core';
import { oneOf, readChoice } from '../argument/choice.ts';
import { declareNumbers, readNumbers } from '../argument/number-option.ts';
import type { NumberOptions } from '../argument/number-option.ts';
import { loadData, openSource } from '../data/load-data.ts';
import type { DataSettings } from '../data/run-data.ts';
import { openBackend } from '../engine/adapters.ts';
import { engineArguments, readEngine } from '../engine/engine-arguments.ts';
import { CliError } from '../errors.ts';
import { table } from '../output/format.ts';
import { jsonLine } from '../output/progress.ts';
import { recalibrationNames } from '../recalibrate/recalibration-names.ts';
import { fileStore } from '../run-folder/file-store.ts';
import { requireManifest } from '../run-folder/manifest.ts';
import type { RunManifest } from '../run-folder/manifest.ts';
import { loadModel, loadRecalibrations } from '../run-folder/model-file.ts';
import { runFiles } from '../run-folder/names.ts';
import { folderOf } from '../train/read-settings.ts';
import { testLine } from '../train/summary.ts';
import { testFigures } from '../train/test-figures.ts';
import type { Command } from './command.ts';

const numberOptions = {
  batch: { description: 'samples a step', whole: true, from: 1, to: 65_536, default: 32 },
} as const satisfies NumberOptions;

/** `selfcure evaluate RUN_DIR [DATA]`. */
export const command: Command = {
  description: 'Test the model of a run: accuracy, balanced accuracy, macro F1, calibration error, confusion',
  args: {
    run: { type: 'positional', description: 'run folder' },
    data: {
      type: 'positional',
      required: false,
      description: "'faces' or a folder with fer2013.csv; default: the data of the run",
    },
    split: oneOf(['test', 'validation'], 'what to test on', 'test'),
    ...engineArguments("engine; default: the run's"),
    ...declareNumbers(numberOptions),
    recalibrate: oneOf(
      recalibrationNames,
      'correct the predictions as verified labels teach; for models of train --trusted',
    ),
    json: { type: 'boolean', description: 'one JSON object on stdout' },
  },
  examples: [
    'selfcure evaluate runs/faces-cure-0',
    'selfcure evaluate runs/real-noise ./fer2013 --split validation --json',
    'selfcure evaluate runs/real-noise --recalibrate matrix',
  ],
  run: async (args, shell) => {
    const { batch } = readNumbers(numberOptions, args);
    const split = readChoice('split', args['split'], ['test', 'validation']) ?? 'test';
    const store = fileStore(resolve(shell.cwd, String(args['run'])));
    const manifest = await requireManifest(store);
    const { backend: backendName, ...engine } = readEngine(args, manifest.options.backend);
    const same = backendName === manifest.options.backend;
    const device = engine.device ?? ((same && manifest.options.device) || undefined);
    const data = await heldOut(dataSettings(manifest, args['data'], shell.cwd), split);
    if (!(await store.get(runFiles.model)))
      throw new CliError(
        `${store.folder} has no ${runFiles.model}: the run was ended before it paused or finished. Run its 'selfcure train' command again`,
      );
    const model = await loadModel(join(store.folder, runFiles.model));
    const recalibrate = readChoice('recalibrate', args['recalibrate'], recalibrationNames);
    const correction = recalibrate && (await loadRecalibrations(join(store.folder, runFiles.model)))?.[recalibrate];
    if (recalibrate && !correction)
      throw new CliError(
        `--recalibrate: ${store.folder} holds no correction of its model's predictions. Train with --trusted and at least ${leastVerified} labels verified at random`,
      );
    const backend = await openBackend(backendName, { ...engine, ...(device && { device }) });
    try {
      const plain = await evaluate({ backend, model, data, batchSize: batch });
      const evaluation = correction
        ? score(recalibrated(plain.predictions, correction, model.classes.length), data.labels, model.classes.length)
        : plain;
      const figures = testFigures(data.name, evaluation, model.classes.length);
      if (args['json'] === true) {
        jsonLine(shell, {
          event: 'evaluation',
          run: store.folder,
          split,
          ...(recalibrate && { recalibrate }),
          classes: model.classes,
          ...figures,
        });
      } else {
        const header = ['true \\ predicted', ...model.classes];
        shell.stdout.write(
          `${testLine(figures)}\n\n${table(
            header,
            figures.confusion.map((row, c) => [model.classes[c]!, ...row]),
          )}`,
        );
      }
      return 0;
    } finally {
      await backend.close();
    }
  },
};

/** The settings of the run, for other data where they are named. */
function dataSettings({ options }: RunManifest, data: unknown, cwd: string): DataSettings {
  if (data === undefined) return options;
  const named = data === 'faces' ? 'faces' : folderOf(String(data), cwd);
  if (named === options.data || (named !== 'faces' && options.data !== 'faces')) return { ...options, data: named };
  // From faces to a folder or back: only defaults are left.
  const neither = {
    labels: null,
    trusted: null,
    trainLabels: null,
    testLabels: null,
    samples: null,
    testSamples: null,
    size: null,
    valFraction: null,
    noise: 0,
  };
  return { ...options, ...neither, data: named, ...(named === 'faces' && { samples: 1, testSamples: 1000 }) };
}

async function heldOut(settings: DataSettings, split: 'test' | 'validation'): Promise<Dataset> {
  const found =
    split === 'test'
      ? (await openSource(settings)).test
      : (await loadData({ ...settings, noise: 0, trusted: null })).validation;
  if (found) return found;
  throw new CliError(`${settings.data} has no samples for ${split}. Name other DATA, or another --split`);
}
