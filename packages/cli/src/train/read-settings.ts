import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { modelNames } from '@selfcure/models';
import { readChoice } from '../argument/choice.ts';
import { readNumbers } from '../argument/number-option.ts';
import { auditFiles } from '../audit/names.ts';
import { isFerFolder } from '../data/table-source.ts';
import type { EngineChoice } from '../engine/engine-arguments.ts';
import { UsageError } from '../errors.ts';
import { recipeNames, recipesOf } from '../recipe/build-method.ts';
import type { RecipeName } from '../recipe/build-method.ts';
import type { TrainSettings } from './settings.ts';

/** The model whose weights are those of a trained face network. */
export const pretrainedModel = 'dlib-face';

/** Words that options take. */
export const choices = {
  preset: ['paper', 'official-code'],
  optimizer: ['adam', 'sgd'],
  schedule: ['constant', 'cosine', 'step', 'exponential'],
  ferLabels: ['fer2013', 'majority', 'plurality'],
} as const;

/** Models that a run takes. */
export const trainModels: readonly string[] = [...modelNames, pretrainedModel];

/** Number options of `selfcure train`. */
export const trainNumbers = {
  epochs: { description: 'passes over the data', whole: true, from: 1, to: 100_000, default: 20 },
  batch: { description: 'samples a step', whole: true, from: 1, to: 65_536, default: 32 },
  lr: {
    description: 'learning rate; default 0.001 for adam (0.0001 with --fine-tune), 0.1 for sgd',
    from: 0,
    to: 100,
    open: true,
  },
  shards: {
    description: 'parts of a batch with statistics and label decisions of their own; the update takes their mean',
    whole: true,
    from: 1,
    to: 1024,
  },
  'weight-decay': { description: 'L2 coefficient', from: 0, to: 1, default: 0 },
  width: { description: "factor of the model's channel counts; default 1", from: 0, to: 16, open: true },
  'relabel-epoch': {
    description: 'first epoch that relabels or selects (scn, ce-relabel, cure, mixture, small-loss)',
    whole: true,
    from: 1,
    to: 100_000,
  },
  margin1: { description: 'rank margin delta_1 (scn); default 0.15, 0.07 for batches up to 64', from: 0, to: 1 },
  margin2: { description: 'relabel margin delta_2 (scn, ce-relabel); default 0.2', from: 0, to: 1 },
  beta: { description: 'share of the high-importance group (scn); default 0.7', from: 0, to: 1 },
  rate: { description: 'noise rate that the recipe is told (small-loss)', from: 0, to: 0.99 },
  seed: { description: 'decides first weights, order and augmentation', whole: true, from: 0, default: 0 },
  'data-seed': {
    description: 'decides the faces, and which samples are chosen and held out',
    whole: true,
    from: 0,
    default: 1,
  },
  samples: {
    description: 'training samples; default 3000 faces, or all that a folder holds',
    whole: true,
    from: 1,
    to: 10_000_000,
  },
  'test-samples': { description: 'faces to test on; default 1000', whole: true, from: 0, to: 10_000_000 },
  size: {
    description: 'side of the pictures in pixels; default 48 for faces, needed for pictures in files',
    whole: true,
    from: 16,
    to: 512,
  },
  noise: { description: 'share of training labels to flip to another class', from: 0, to: 1, default: 0 },
  'noise-seed': { description: 'decides which labels flip', whole: true, from: 0, default: 1 },
  'val-fraction': { description: 'share of the training data held out for validation', from: 0, to: 0.9 },
} as const;

type Arguments = Readonly<Record<string, unknown>>;

/**
 * Settings that a command line stands for, on the engine that it names.
 *
 * @throws UsageError naming the option that is wrong or does not fit the others.
 */
export async function readSettings(
  args: Arguments,
  { backend, device }: EngineChoice,
  cwd: string,
): Promise<Omit<TrainSettings, 'workers'>> {
  const number = readNumbers(trainNumbers, args);
  const faces = args['data'] === 'faces';
  const data = faces ? 'faces' : folderOf(String(args['data']), cwd);
  const fer = !faces && isFerFolder(data);
  const ferOnly = fer
    ? allow
    : refuser(args, `belongs to a folder with fer2013.csv; DATA is ${faces ? 'faces' : 'none'}`);
  const facesOnly = faces ? allow : refuser(args, 'belongs to DATA faces');
  for (const name of ['train-labels', 'test-labels']) ferOnly(name);
  facesOnly('test-samples');
  if (fer) refuser(args, 'belongs to DATA faces or pictures; those of FER2013 are of 48 x 48')('size');
  if (!faces && !fer && number.size === undefined)
    throw new UsageError('--size is needed: the side in pixels that pictures are brought to, such as --size 100');

  const recipe: RecipeName = readChoice('recipe', args['recipe'], recipeNames) ?? 'cure';
  for (const [name, recipes] of Object.entries(recipesOf)) {
    if (!recipes.includes(recipe))
      refuser(args, `belongs to recipe ${recipes.join(', ')}; this run's recipe is ${recipe}`)(name);
  }
  if (args['strategy'] !== undefined) {
    const replaced = recipe === 'mixture' ? ['margin2'] : ['margin2', 'relabel-epoch'];
    for (const name of replaced)
      refuser(args, 'belongs to the relabelling that --strategy replaces. Set it in your module')(name);
  }
  if (recipe !== 'forward') refuser(args, `belongs to recipe forward; this run's recipe is ${recipe}`)('transition');
  const model = readChoice('model', args['model'], trainModels) ?? 'face-cnn';
  const pretrained = model === pretrainedModel;
  if (args['fine-tune'] === true && !pretrained)
    throw new UsageError(`--fine-tune belongs to model ${pretrainedModel}; this run's model is ${model}`);
  if (pretrained)
    refuser(args, `belongs to models that start from drawn weights; this run's model is ${model}`)('width');
  const fineTune = pretrained ? args['fine-tune'] === true : null;
  const optimizer = readChoice('optimizer', args['optimizer'], choices.optimizer) ?? 'adam';
  return {
    data,
    labels: await hashed('labels', args['labels'], cwd),
    trusted: await hashed('trusted', args['trusted'], cwd),
    trainLabels: readChoice('train-labels', args['train-labels'], choices.ferLabels) ?? null,
    testLabels: readChoice('test-labels', args['test-labels'], choices.ferLabels) ?? null,
    samples: number.samples ?? (faces ? 3000 : null),
    testSamples: faces ? (number['test-samples'] ?? 1000) : null,
    size: faces ? (number.size ?? 48) : (number.size ?? null),
    valFraction: number['val-fraction'] ?? null,
    dataSeed: number['data-seed'],
    noise: number.noise,
    noiseSeed: number['noise-seed'],
    // Features of a frozen backbone are computed once, of the pictures as they are.
    augment: fineTune !== false && args['augment'] !== false,
    backend,
    device: device ?? null,
    recipe,
    preset: readChoice('preset', args['preset'], choices.preset) ?? null,
    relabelEpoch: number['relabel-epoch'] ?? null,
    margin1: number.margin1 ?? null,
    margin2: number.margin2 ?? null,
    beta: number.beta ?? null,
    rate: number.rate ?? null,
    model,
    width: number.width ?? null,
    fineTune,
    epochs: number.epochs,
    batch: number.batch,
    shards: number.shards ?? null,
    optimizer,
    lr: number.lr ?? (optimizer === 'sgd' ? 0.1 : fineTune ? 1e-4 : 1e-3),
    schedule: readChoice('schedule', args['schedule'], choices.schedule) ?? 'constant',
    weightDecay: number['weight-decay'],
    seed: number.seed,
    strategy: await hashed('strategy', args['strategy'], cwd),
    transition: await hashed('transition', transitionFile(args['transition'], cwd), cwd),
  };
}

/** The folder, or the file of a table, that DATA names. */
export function folderOf(data: string, cwd: string): string {
  const path = resolve(cwd, data);
  const isTable = /\.(csv|tsv|parquet|npz)$/i.test(path);
  if (existsSync(path) && (statSync(path).isDirectory() || isTable)) return path;
  throw new UsageError(
    `DATA: '${data}' is no folder. Use 'faces', a folder that holds a data set, or a .csv, .tsv, .parquet or .npz file`,
  );
}

/** The file of a transition matrix: what an audit folder holds, or the file itself. */
function transitionFile(given: unknown, cwd: string): string | undefined {
  if (given === undefined) return undefined;
  const path = resolve(cwd, String(given));
  return existsSync(path) && statSync(path).isDirectory() ? join(path, auditFiles.manifest) : path;
}

type Refuse = (name: string) => void;

const allow: Refuse = () => {};

function refuser(args: Arguments, why: string): Refuse {
  return (name) => {
    if (args[name] !== undefined) throw new UsageError(`--${name} ${why}`);
  };
}

/** A file with the fingerprint of its content. */
async function hashed(name: string, given: unknown, cwd: string): Promise<{ path: string; sha256: string } | null> {
  if (given === undefined) return null;
  const path = resolve(cwd, String(given));
  if (!existsSync(path) || !statSync(path).isFile())
    throw new UsageError(`--${name}: there is no file '${String(given)}'`);
  return {
    path,
    sha256: createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
  };
}
