import { declareNumbers, readNumbers } from '../argument/number-option.ts';
import type { NumberOptions } from '../argument/number-option.ts';
import { engineArguments, readEngine } from '../engine/engine-arguments.ts';
import { UsageError } from '../errors.ts';
import { shareOut } from '../experiment/run-experiment.ts';
import { readQueueAddress } from '../queue/address.ts';
import { runQueue } from '../queue/names.ts';
import { queueArgument } from '../queue/queue-arguments.ts';
import { serveRuns } from '../queue/serve-runs.ts';
import { workerProgress } from '../queue/worker-progress.ts';
import { folderOf } from '../train/read-settings.ts';
import type { Command } from './command.ts';

const numbers = {
  concurrency: { description: 'runs at once', whole: true, from: 1, to: 1024, default: 1 },
  lease: {
    description: 'seconds without a sign of life after which another worker goes on with its runs',
    from: 1,
    to: 86_400,
    default: 30,
  },
} as const satisfies NumberOptions;

/** `selfcure worker --queue ADDRESS`. */
export const command: Command = {
  description: "Take runs that 'selfcure experiment --queue' has handed to a queue, until Ctrl-C gives them back",
  args: {
    queue: queueArgument('where the queue is; needed'),
    ...engineArguments('engine; takes runs for this one', 'wasm'),
    ...declareNumbers(numbers),
    data: {
      type: 'string',
      valueHint: 'FOLDER',
      description: 'with fer2013.csv and fer2013new.csv: takes runs on these; default: takes runs on faces',
    },
    json: { type: 'boolean', description: 'one JSON object a line on stdout' },
  },
  examples: [
    'selfcure worker --queue redis://10.0.0.5:6379',
    'SELFCURE_QUEUE=rediss://:password@queue.example:6380/team selfcure worker --queue env --data ./fer2013',
  ],
  run: async (args, shell) => {
    const address = readQueueAddress(args['queue'], process.env);
    if (!address) throw new UsageError('--queue is needed: where the runs are, such as redis://localhost:6379');
    const { concurrency, lease } = readNumbers(numbers, args);
    const { engine } = shareOut(readEngine(args, 'wasm'), concurrency);
    const folder = args['data'] === undefined ? null : folderOf(String(args['data']), shell.cwd);
    const queue = runQueue(address, engine.backend, folder === null ? 'faces' : 'fer');
    await serveRuns(
      { queue, engine, folder, concurrency, lease: lease * 1000 },
      workerProgress(queue, shell, args['json'] === true),
      shell,
    );
    // To be told to stop is how a worker ends.
    return 0;
  },
};
