/**
 * The process that steady-state.test.ts looks into: trains, writes heap snapshots, prints a {@link Stock} as JSON. Its argument is
 * {@link StockOptions} as JSON; needs `--expose-gc`.
 */
import { createWriteStream } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { writeHeapSnapshot } from 'node:v8';
import threadModule from 'node:worker_threads';
import type { Worker } from 'node:worker_threads';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { engine as tfjsGlobal } from '@tensorflow/tfjs-core';
import { adam, initialState, randomStream, scn, trainingStep } from '@selfcure/core';
import { faceCnn } from '@selfcure/models';
import type { NamedArrays } from '@selfcure/tensor';
import { wasm } from '@selfcure/wasm';
import { tfjsMemory } from '../src/heap/tfjs-heap.ts';

export interface StockOptions {
  readonly threads: number;
  /** Where snapshots of the heap go: `main-before.heapsnapshot` and `main-after`, of a second thread `thread-before`, `thread-after`. */
  readonly folder: string;
  /** Steps between them. */
  readonly steps: number;
  /** Plants a fault: every step keeps a small object, and makes a map for nothing. */
  readonly careless: boolean;
}

export interface Stock {
  /** Bytes of the backend's values and of WebAssembly's memory before and after the steps. */
  readonly before: Readonly<Record<string, number>>;
  readonly after: Readonly<Record<string, number>>;
  /** Bytes that one step allocates on JavaScript's heap, and a function that does nothing but make what a step returns. */
  readonly allocated: { readonly step: number; readonly returned: number };
}

/** Calls of a function before allocations are counted: compilers have then done their work. */
const calls = 600;

const { threads, folder, steps, careless } = JSON.parse(process.argv[2]!) as StockOptions;
const { gc } = globalThis as unknown as { gc(): void };

/** The backend's threads: it asks for the class when it starts one. */
const workers: Worker[] = [];
threadModule.Worker = class extends threadModule.Worker {
  constructor(...given: ConstructorParameters<typeof Worker>) {
    super(...given);
    workers.push(this);
  }
};

const method = scn();
const optimizer = adam();
const graph = trainingStep({ model: faceCnn({ size: 16 }), method, batchSize: 8, optimizer });
const stream = randomStream({ seed: 1, purpose: 'test/steady' });
const scalars = optimizer.scalars({ step: 1000, epoch: 1, stepsPerEpoch: 1000, epochs: 2 });
const inputs: NamedArrays = {
  images: new Float32Array(8 * 16 * 16).map(() => stream.normal()),
  targets: new Float32Array(8 * 7).map((_, i) => Number(i % 8 === 0)),
  weight: new Float32Array(8).fill(1),
  ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, Float32Array.of(value)])),
};
const backend = await wasm({ threads });
const program = await backend.compile(graph);
const state = await backend.createState(graph.state, initialState(graph.state, 1));

const kept: object[] = [];
let garbage: object | undefined;
const step = (): Promise<NamedArrays> => {
  if (careless) {
    kept.push({ step: kept.length });
    garbage = new Map([[garbage === undefined, kept.length]]);
  }
  return program.run(state, inputs);
};
const repeat = async (count: number, run: () => Promise<unknown>): Promise<void> => {
  for (let i = 0; i < count; i++) await run();
};

const memory = (): Record<string, number> => {
  const { wasm: tfjs } = tfjsGlobal().registry as unknown as { wasm: BackendWasm };
  return { ...backend.memory(), webAssembly: tfjsMemory(tfjs).buffer.byteLength };
};

/** Snapshots of all threads. */
async function takeSnapshots(name: string): Promise<void> {
  for (const worker of workers) {
    let taken = false;
    const written = worker.getHeapSnapshot().then(async (snapshot) => {
      taken = true;
      await pipeline(snapshot, createWriteStream(join(folder, `thread-${name}.heapsnapshot`)));
    });
    // A thread hears of it when it wakes.
    while (!taken) {
      await step();
      await setTimeout(1);
    }
    await written;
  }
  gc();
  writeHeapSnapshot(join(folder, `main-${name}.heapsnapshot`));
}

/** Bytes that a call allocates on JavaScript's heap, garbage included. */
async function allocatedBy(run: () => Promise<unknown>): Promise<number> {
  await repeat(calls, run);
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: 1,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  } as object);
  await repeat(steps, run);
  const { profile } = await session.post('HeapProfiler.stopSampling');
  session.disconnect();
  const sum = ({ callFrame, selfSize, children }: typeof profile.head): number =>
    callFrame.url.startsWith('node:inspector') ? 0 : children.reduce((bytes, child) => bytes + sum(child), selfSize);
  return sum(profile.head) / steps;
}

await repeat(50, step);
memory();
// Taking the first ones leaves things behind.
for (const name of ['first', 'second', 'third', 'fourth', 'before']) await takeSnapshots(name);
const before = memory();
await repeat(steps, step);
await takeSnapshots('after');
const after = memory();

const outputs = Object.entries(await step());
const returned = async (): Promise<NamedArrays> => {
  const result: Record<string, NamedArrays[string]> = {};
  for (let i = 0; i < outputs.length; i++) result[outputs[i]![0]] = outputs[i]![1].slice();
  return result;
};
const stock: Stock = {
  before,
  after,
  allocated: { step: await allocatedBy(step), returned: await allocatedBy(returned) },
};
await backend.close();
console.log(JSON.stringify(stock));
