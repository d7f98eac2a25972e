import { basename, join, resolve } from 'node:path';
import { oneOf } from '../argument/choice.ts';
import { declareNumbers } from '../argument/number-option.ts';
import { clusterArguments, readCluster } from '../cluster/cluster-arguments.ts';
import { cacheFolder } from '../data/cache-folder.ts';
import { checkEngineOptions } from '../engine/adapters.ts';
import { engineArguments, readEngine } from '../engine/engine-arguments.ts';
import { UsageError } from '../errors.ts';
import { recipeNames } from '../recipe/build-method.ts';
import { choices, readSettings, trainModels, trainNumbers } from '../train/read-settings.ts';
import { runTraining } from '../train/run-training.ts';
import type { Command } from './command.ts';

const numbers = declareNumbers(trainNumbers);

/** `selfcure train DATA`. */
export const command: Command = {
  description: 'Train a classifier on noisy labels and cure the labels while it trains',
  args: {
    data: {
      type: 'positional',
      description:
        "'faces' (procedural), a folder with fer2013.csv and, if you have it, fer2013new.csv, or any data set that 'selfcure data inspect' reads, with --size",
    },
    recipe: oneOf(recipeNames, 'how to train', 'cure'),
    ...engineArguments('engine', 'wasm'),
    ...clusterArguments,
    model: oneOf(
      trainModels,
      'backbone; dlib-face is a trained face network (needs @vladmandic/face-api), whose features are frozen',
      'face-cnn',
    ),
    'fine-tune': { type: 'boolean', description: 'train all layers of dlib-face, from its weights on' },
    width: numbers['width']!,
    epochs: numbers['epochs']!,
    batch: numbers['batch']!,
    shards: numbers['shards']!,
    optimizer: oneOf(choices.optimizer, 'optimizer', 'adam'),
    lr: numbers['lr']!,
    schedule: oneOf(choices.schedule, 'course of the learning rate', 'constant'),
    'weight-decay': numbers['weight-decay']!,
    augment: {
      type: 'boolean',
      default: true,
      description: 'shift and mirror the training images',
      negativeDescription: 'train on the images as they are',
    },
    seed: numbers['seed']!,
    preset: oneOf(choices.preset, 'constants of scn; default paper'),
    'relabel-epoch': numbers['relabel-epoch']!,
    margin1: numbers['margin1']!,
    margin2: numbers['margin2']!,
    beta: numbers['beta']!,
    rate: numbers['rate']!,
    strategy: {
      type: 'string',
      valueHint: 'FILE.mjs',
      description: 'module whose default export is a relabel strategy of your own',
    },
    labels: {
      type: 'string',
      valueHint: 'FILE.csv',
      description: 'given labels in place of those of DATA: columns sample,label',
    },
    trusted: {
      type: 'string',
      valueHint: 'FILE.csv',
      description: "labels that a person has verified: columns sample,label,choice, as 'selfcure review' makes them",
    },
    transition: {
      type: 'string',
      valueHint: 'AUDIT_DIR',
      description: 'audit whose transition matrix recipe forward takes; default: that of --trusted',
    },
    samples: numbers['samples']!,
    'test-samples': numbers['test-samples']!,
    size: numbers['size']!,
    'train-labels': oneOf(choices.ferLabels, 'training labels of a folder; default majority where there are votes'),
    'test-labels': oneOf(
      choices.ferLabels,
      'validation and test labels of a folder; default majority where there are votes',
    ),
    'val-fraction': numbers['val-fraction']!,
    'data-seed': numbers['data-seed']!,
    noise: numbers['noise']!,
    'noise-seed': numbers['noise-seed']!,
    cache: {
      type: 'string',
      valueHint: 'DIR',
      description:
        'keeps features of dlib-face, and decoded pictures that memory does not hold; default ~/.cache/selfcure',
    },
    out: { type: 'string', valueHint: 'RUN_DIR', description: 'run folder; default runs/<data>-<recipe>-<seed>' },
    resume: {
      type: 'boolean',
      description: 'fail unless the folder holds a run to go on with (going on is what the same command does anyway)',
    },
    force: { type: 'boolean', description: 'start anew, whatever the folder holds' },
    json: { type: 'boolean', description: 'one JSON object a line on stdout' },
  },
  examples: [
    'selfcure train faces --noise 0.3',
    'selfcure train faces --noise 0.3 --recipe scn --preset official-code --relabel-epoch 5',
    'selfcure train ./fer2013 --train-labels fer2013 --samples 10000 --epochs 30 --out runs/real-noise',
    'selfcure train ./RAF-DB --size 100 --model resnet18-s2',
    'selfcure train ./RAF-DB --size 100 --model dlib-face --epochs 40',
    'selfcure train faces --labels corrected.csv --json',
    'selfcure train faces --backend tensorflow --workers host-a:4711,host-b:4711 --worker 0',
  ],
  run: async (args, shell) => {
    if (args['force'] && args['resume'])
      throw new UsageError('--force starts anew and --resume goes on. Give one of them');
    const engine = readEngine(args, 'wasm');
    const cluster = readCluster(args, process.env);
    if (cluster) checkEngineOptions(engine.backend, { workers: cluster });
    const settings = { ...(await readSettings(args, engine, shell.cwd)), workers: cluster?.workers.length ?? null };
    const name = settings.data === 'faces' ? 'faces' : basename(settings.data);
    const out = args['out'] === undefined ? `runs/${name}-${settings.recipe}-${settings.seed}` : String(args['out']);
    const folder = resolve(shell.cwd, out);
    return runTraining(
      settings,
      {
        threads: engine.threads ?? null,
        cache: args['cache'] === undefined ? cacheFolder(process.env) : resolve(shell.cwd, String(args['cache'])),
        cluster,
        out: cluster ? join(folder, `worker-${cluster.index}`) : folder,
        json: args['json'] === true,
        force: args['force'] === true,
        resume: args['resume'] === true,
      },
      shell,
    );
  },
};
