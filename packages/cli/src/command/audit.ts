import { basename, resolve } from 'node:path';
import { oneOf } from '../argument/choice.ts';
import { declareNumbers } from '../argument/number-option.ts';
import { auditNumbers, readAuditSettings } from '../audit/read-audit-settings.ts';
import { runAudit } from '../audit/run-audit.ts';
import { cacheFolder } from '../data/cache-folder.ts';
import { readEngine } from '../engine/engine-arguments.ts';
import { recipeNames } from '../recipe/build-method.ts';
import type { Command } from './command.ts';
import { command as train } from './train.ts';

/** Options of a training that an audit has, too. */
const shared = [
  'data',
  'backend',
  'threads',
  'device',
  'model',
  'fine-tune',
  'width',
  'epochs',
  'batch',
  'optimizer',
  'lr',
  'schedule',
  'weight-decay',
  'augment',
  'seed',
  'preset',
  'relabel-epoch',
  'margin1',
  'margin2',
  'beta',
  'rate',
  'labels',
  'trusted',
  'transition',
  'samples',
  'test-samples',
  'size',
  'train-labels',
  'test-labels',
  'val-fraction',
  'data-seed',
  'noise',
  'noise-seed',
  'cache',
];

/** `selfcure audit DATA`. */
export const command: Command = {
  description: 'Find labels that are probably wrong: train on them as they are, and look at what the network doubts',
  args: {
    ...Object.fromEntries(shared.flatMap((name) => (train.args[name] ? [[name, train.args[name]]] : []))),
    recipe: oneOf(recipeNames, 'how to train', 'ce'),
    ...declareNumbers(auditNumbers),
    out: { type: 'string', valueHint: 'AUDIT_DIR', description: 'folder; default audits/<data>-<recipe>-<seed>' },
    json: { type: 'boolean', description: 'one JSON object a line on stdout' },
  },
  examples: [
    'selfcure audit faces --noise 0.3',
    'selfcure audit ./fer2013 --train-labels fer2013 --folds 4 --fdr 0.1',
    'selfcure audit ./RAF-DB --size 100 --model dlib-face --folds 5 --epochs 40',
    'selfcure audit ./fer2013 --train-labels fer2013 --trusted trusted.csv',
  ],
  run: async (args, shell) => {
    const engine = readEngine(args, 'wasm');
    const settings = await readAuditSettings(args, engine, shell.cwd);
    const name = settings.data === 'faces' ? 'faces' : basename(settings.data);
    const out = args['out'] === undefined ? `audits/${name}-${settings.recipe}-${settings.seed}` : String(args['out']);
    return runAudit(
      settings,
      {
        out: resolve(shell.cwd, out),
        threads: engine.threads ?? null,
        cache: args['cache'] === undefined ? cacheFolder(process.env) : resolve(shell.cwd, String(args['cache'])),
        json: args['json'] === true,
      },
      shell,
    );
  },
};
