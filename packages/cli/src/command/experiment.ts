import { resolve } from 'node:path';
import { declareNumbers, readNumbers } from '../argument/number-option.ts';
import type { NumberOptions } from '../argument/number-option.ts';
import { engineArguments, readEngine } from '../engine/engine-arguments.ts';
import { commandLine } from '../experiment/command-line.ts';
import { designArguments } from '../experiment/declare-arguments.ts';
import { readExperiment } from '../experiment/read-experiment.ts';
import { runExperiment, shareOut } from '../experiment/run-experiment.ts';
import { experimentDescriptions } from '../experiment/settings.ts';
import type { ExperimentName } from '../experiment/settings.ts';
import { readShard } from '../experiment/shard.ts';
import { readQueueAddress } from '../queue/address.ts';
import { queueArgument, refuseWorkerOptions } from '../queue/queue-arguments.ts';
import type { Command } from './command.ts';

const numbers = {
  jobs: {
    description:
      'processes at once, 0 for all in this one; default: the cores by --threads, 1 where a graphics processor may compute',
    whole: true,
    from: 0,
    to: 1024,
  },
} as const satisfies NumberOptions;

/** Whole command lines. */
const examples: Readonly<Record<ExperimentName, readonly string[]>> = {
  noise: [
    'selfcure experiment noise --noise-kind symmetric,feature-dependent --rate 0,0.1,0.3',
    'selfcure experiment noise ./fer2013 --samples 10000 --recipes cure,scn:preset=official-code --shard 1/4',
  ],
  ablation: ['selfcure experiment ablation', 'selfcure experiment ablation --rate 0.2 --seeds 0,1,2,3,4'],
  margins: ['selfcure experiment margins', 'selfcure experiment margins --margin2 0.1,0.2,0.4 --no-map'],
  pretrain: ['selfcure experiment pretrain', 'selfcure experiment pretrain --weak-samples 20000 --weak-rate 0.3'],
  compare: [
    'selfcure experiment compare --recipes cure,gce,small-loss:rate=0.3,scn:margin2=0.4',
    "selfcure experiment compare ./fer2013 --train-labels fer2013 --verified 100 --recipes 'forward:transition=verified'",
  ],
  'real-noise': ['selfcure experiment real-noise ./fer2013 --samples 10000 --epochs 12 --shift 4'],
  trusted: ['selfcure experiment trusted', 'selfcure experiment trusted ./fer2013 --verified 0,100,300'],
  sweep: ["selfcure experiment sweep --grid 'lr=1e-3,2e-3,5e-3;margin2=0.1,0.2,0.4' --recipe scn"],
};

/** `selfcure experiment NAME [DATA]`. */
export function commandOf(name: ExperimentName): Command {
  return {
    description: experimentDescriptions[name],
    args: {
      data: {
        type: 'positional',
        required: name === 'real-noise',
        description:
          name === 'real-noise'
            ? 'a folder with fer2013.csv and fer2013new.csv'
            : "'faces' (procedural, the default), or a folder with fer2013.csv and fer2013new.csv",
      },
      ...designArguments(name),
      ...engineArguments('engine', 'wasm'),
      ...declareNumbers(numbers),
      queue: queueArgument('hand the runs to the workers of a queue on Redis'),
      ...(name !== 'sweep' && {
        shard: {
          type: 'string',
          valueHint: 'I/N',
          description:
            "do one of N parts, numbered from 1; 'env/N' takes the number from JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX or SLURM_ARRAY_TASK_ID",
        },
      }),
      out: { type: 'string', valueHint: 'DIR', description: `folder of the results; default runs/experiment-${name}` },
      json: { type: 'boolean', description: 'one JSON object a line on stdout' },
    },
    examples: examples[name],
    run: async (args, shell) => {
      const settings = readExperiment(name, args, shell.cwd);
      const queue = readQueueAddress(args['queue'], process.env);
      if (queue) refuseWorkerOptions(args);
      const given = queue ? Infinity : readNumbers(numbers, args).jobs;
      const { engine, jobs } = shareOut(readEngine(args, 'wasm'), given);
      return runExperiment(
        settings,
        {
          out: resolve(shell.cwd, args['out'] === undefined ? `runs/experiment-${name}` : String(args['out'])),
          engine,
          jobs,
          queue,
          shard: readShard(args['shard'], process.env),
          json: args['json'] === true,
          command: commandLine(settings, args),
        },
        shell,
      );
    },
  };
}
