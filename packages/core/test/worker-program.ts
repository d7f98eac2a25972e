/**
 * One worker of a run over several threads, on the oracle with an all-reduce over shared memory; shards.test.ts bundles it and starts
 * it in threads.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { ce, cure, scn, train } from '@selfcure/core';
import type { Method, Run, TrainOptions } from '@selfcure/core';
import { kernelBackend } from '@selfcure/tensor';
import type { Backend, Workers } from '@selfcure/tensor';
import { referenceTable } from '../../../adapters/reference/src/table.ts';
import { dataOf, shardedOptions } from './sharded-run.ts';
import type { RunData } from './sharded-run.ts';

/** What a worker is told. */
export interface WorkerTask {
  readonly workers: Workers;
  readonly values: SharedArrayBuffer;
  readonly arrived: SharedArrayBuffer;
  readonly recipe: string;
  readonly epochs: number;
  /** Differs from the other workers' options or place, to be refused. */
  readonly seed?: number;
  readonly pauseAfter?: number;
}

/** Elements that a worker may exchange at once. */
export const capacity = 1 << 16;

const recipes: Record<string, () => Method> = {
  ce,
  scn: () => scn({ preset: 'official-code', relabelEpoch: 1, margin2: 0.05 }),
  cure: () => cure({ start: 2 }),
};

/** The options that all tests share. */
export function trainOptions(backend: Backend, recipe: string): TrainOptions {
  return { ...shardedOptions(backend, recipes[recipe]!(), { samples: 67, learningRate: 3e-3 }), epochs: 4 };
}

/** What a worker says of its run: {@link RunData} and what its state belongs to. */
export type WorkerRun = RunData & { readonly fingerprint: string };

const answerOf = (run: Run): WorkerRun => ({ ...dataOf(run), fingerprint: run.state.fingerprint });

/** The mean over threads that meet here, in order of the workers, so that all get the same bits. */
function meeting({ workers: { index, count }, values, arrived }: WorkerTask): (x: Float64Array) => Float64Array {
  const slots = new Float64Array(values);
  const counter = new Int32Array(arrived);
  let meetings = 0;
  const wait = (): void => {
    meetings++;
    Atomics.add(counter, 0, 1);
    Atomics.notify(counter, 0);
    for (let now = Atomics.load(counter, 0); now < meetings * count; now = Atomics.load(counter, 0)) {
      if (Atomics.wait(counter, 0, now, 20_000) === 'timed-out') throw new Error('the other worker did not come');
    }
  };
  return (x) => {
    slots.set(x, index * capacity);
    wait();
    const mean = x.map((_, i) => {
      let sum = 0;
      for (let worker = 0; worker < count; worker++) sum += slots[worker * capacity + i]!;
      return sum / count;
    });
    wait();
    return mean;
  };
}

function workerBackend(task: WorkerTask): Backend {
  const mean = meeting(task);
  return kernelBackend<Float64Array>({
    name: 'worker',
    capabilities: {
      device: 'cpu',
      threads: 1,
      precision: 'float64',
      deterministic: true,
      limits: {},
      workers: task.workers,
    },
    table: {
      ...referenceTable,
      kernels: { ...referenceTable.kernels, allReduceMean: (_, [x]) => mean(x!) },
    },
  });
}

async function runWorker(task: WorkerTask): Promise<WorkerRun> {
  const options = { ...trainOptions(workerBackend(task), task.recipe), epochs: task.epochs };
  if (task.seed !== undefined) return answerOf(await train({ ...options, seed: task.seed }));
  if (task.pauseAfter === undefined) return answerOf(await train(options));
  let steps = 0;
  const first = await train({ ...options, until: () => ++steps === task.pauseAfter });
  return answerOf(await train({ ...options, resume: first.state }));
}

if (parentPort) {
  const port = parentPort;
  runWorker(workerData as WorkerTask).then(
    (run) => port.postMessage({ run }),
    (error: unknown) => port.postMessage({ error: `${(error as Error).name}: ${(error as Error).message}` }),
  );
}
