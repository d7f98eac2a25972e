import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ce, initialState, scn, sgd, train, trainingStep } from '@selfcure/core';
import type { Method } from '@selfcure/core';
import { faceCnn } from '@selfcure/models';
import { reference } from '@selfcure/reference';
import type { NamedArrays } from '@selfcure/tensor';
import { dataOf } from './sharded-run.ts';
import { capacity, trainOptions } from './worker-program.ts';
import type { WorkerRun, WorkerTask } from './worker-program.ts';

const model = faceCnn({ classes: 4, size: 12, width: 0.125 });

/** Numbers without a pattern. */
const numbers = (count: number, step: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => ((i * step) % 1) - 0.5);

describe('a batch of shards', () => {
  /** One step with plain gradient descent: what it changes is linear in the gradient. */
  async function step(
    method: Method,
    batchSize: number,
    shards: number,
    inputs: NamedArrays,
  ): Promise<{ outputs: NamedArrays; after: NamedArrays }> {
    const optimizer = sgd({ learningRate: 0.1, momentum: 0 });
    const graph = trainingStep({ model, method, batchSize, optimizer, shards });
    const backend = reference();
    const program = await backend.compile(graph);
    const state = await backend.createState(graph.state, initialState(graph.state, 3));
    const scalars = optimizer.scalars({ step: 0, epoch: 1, stepsPerEpoch: 1, epochs: 1 });
    const outputs = await program.run(state, {
      ...inputs,
      ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, Float32Array.of(value)])),
    });
    return { outputs, after: await state.read() };
  }

  it.each([ce(), scn()])('updates by the mean of what its shards would do alone: $name', async (method) => {
    const images = numbers(12 * 144, 0.6180339887);
    const targets = Float32Array.from({ length: 48 }, (_, i) => (i % 4 === (i >> 2) % 3 ? 1 : 0));
    const weight = Float32Array.from({ length: 12 }, (_, i) => 1 + (i % 3));
    const part = (i: number): NamedArrays => ({
      images: images.slice(i * 4 * 144, (i + 1) * 4 * 144),
      targets: targets.slice(16 * i, 16 * (i + 1)),
      weight: weight.slice(4 * i, 4 * (i + 1)),
    });
    const whole = await step(method, 12, 3, { images, targets, weight });
    const parts = await Promise.all([0, 1, 2].map((i) => step(method, 4, 1, part(i))));
    const close = (got: ArrayLike<number>, expected: ArrayLike<number>, what: string): void =>
      Array.from(expected).forEach((value, i) => expect(got[i], `${what}[${i}]`).toBeCloseTo(value, 12));
    const mean = (arrays: readonly ArrayLike<number>[]): number[] =>
      Array.from(arrays[0]!, (_, i) => arrays.reduce((sum, array) => sum + array[i]!, 0) / arrays.length);

    for (const name of Object.keys(whole.after))
      close(whole.after[name]!, mean(parts.map(({ after }) => after[name]!)), name);
    for (const [name, values] of Object.entries(whole.outputs)) {
      const own = parts.map(({ outputs }) => outputs[name]!);
      close(values, values.length === 1 ? mean(own) : own.flatMap((array) => [...array]), name);
    }
    expect(Object.keys(whole.outputs)).toContain('perSample');
  });
});

describe('shards of a run', () => {
  it('each sample meets only those of its shard, once an epoch', async () => {
    const seen: number[][] = [];
    const recipe: Method = {
      ...ce(),
      relabel: {
        name: 'spy',
        when: 'step',
        propose: ({ samples }) => {
          seen.push([...samples]);
          return [];
        },
      },
    };
    await train({ ...trainOptions(reference(), 'ce'), recipe, shards: 4, epochs: 1 });
    expect(seen).toHaveLength(4 * 4); // 67 samples: 16 or 17 a shard, 4 a step
    for (const samples of seen) expect(new Set(samples.map((sample) => sample % 4)).size).toBe(1);
    expect(new Set(seen.flat()).size).toBe(64);
  });

  it('plans an epoch for each', async () => {
    const planned: number[][] = [];
    const recipe: Method = {
      ...ce(),
      plan: ({ samples }) => {
        planned.push([...samples]);
        // Samples of odd shards count nothing: only the others' losses change the weights.
        return { weight: Float32Array.from(samples, (sample) => (sample % 2 === 0 ? 1 : 0)) };
      },
    };
    const options = { ...trainOptions(reference(), 'ce'), recipe, shards: 2, epochs: 1 };
    const run = await train(options);
    expect(planned).toEqual([
      Array.from({ length: 34 }, (_, i) => 2 * i),
      Array.from({ length: 33 }, (_, i) => 2 * i + 1),
    ]);
    expect(run.rows.passes.filter((passes) => passes > 0)).toHaveLength(64);
    const bad: Method = {
      ...recipe,
      plan: ({ samples }) => ({ weight: samples.length === 33 ? new Float32Array(2) : new Float32Array(34) }),
    };
    await expect(train({ ...options, recipe: bad })).rejects.toThrow(/planned 2 values for weight, 33 are needed/);
  });

  it('a shard that is left as it is trains as it would without a plan', async () => {
    const options = { ...trainOptions(reference(), 'ce'), shards: 2, epochs: 1 };
    const oneHot = (labels: Int32Array): Float32Array =>
      Float32Array.from({ length: labels.length * 4 }, (_, i) => (labels[i >> 2] === i % 4 ? 1 : 0));
    const onlyFirst: Method = {
      ...ce(),
      plan: ({ samples, current }) =>
        samples[0] === 0 ? { weight: new Float32Array(samples.length).fill(1), targets: oneHot(current) } : {},
    };
    const [planned, plain] = await Promise.all([train({ ...options, recipe: onlyFirst }), train(options)]);
    expect(planned.model.weights).toEqual(plain.model.weights);
  });

  it('refuses what does not divide', async () => {
    const options = trainOptions(reference(), 'ce');
    await expect(train({ ...options, shards: 3 })).rejects.toThrow(
      /batchSize 16 is not a multiple of the 3 shards. Set batchSize to 18/,
    );
    await expect(train({ ...options, shards: 0.5 })).rejects.toThrow(/shards 0.5/);
    const capabilities = { ...options.backend.capabilities, workers: { index: 0, count: 2 } };
    await expect(train({ ...options, backend: { ...options.backend, capabilities }, shards: 1 })).rejects.toThrow(
      /shards 1 cannot be shared by 2 workers/,
    );
  });

  it('a state belongs to its number of shards', async () => {
    const options = { ...trainOptions(reference(), 'ce'), epochs: 1 };
    const { state } = await train({ ...options, shards: 2 });
    await expect(train({ ...options, resume: state })).rejects.toThrow(/another run/);
  });
});

describe('workers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'selfcure-workers-'));
  const program = join(folder, 'worker.mjs');
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeAll(async () => {
    const source = (name: string): string => fileURLToPath(new URL(`../../../${name}/src/index.ts`, import.meta.url));
    await build({
      entryPoints: [fileURLToPath(new URL('worker-program.ts', import.meta.url))],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      alias: Object.fromEntries(
        ['core', 'models', 'tensor'].map((name) => [`@selfcure/${name}`, source(`packages/${name}`)]),
      ),
      logLevel: 'error',
    });
  });

  /** Runs two workers that meet in shared memory. */
  function together(...tasks: Omit<WorkerTask, 'workers' | 'values' | 'arrived'>[]): Promise<(WorkerRun | string)[]> {
    const values = new SharedArrayBuffer(tasks.length * capacity * 8);
    const arrived = new SharedArrayBuffer(4);
    return Promise.all(
      tasks.map(
        (task, index) =>
          new Promise<WorkerRun | string>((resolve, reject) => {
            const workerData: WorkerTask = { ...task, workers: { index, count: tasks.length }, values, arrived };
            const worker = new Worker(program, { workerData });
            worker.once('message', ({ run, error }: { run?: WorkerRun; error?: string }) => resolve(run ?? error!));
            worker.once('error', reject);
          }),
      ),
    );
  }

  it.each(['ce', 'scn', 'cure'])('two equal one with two shards: %s', async (recipe) => {
    const [alone, runs] = await Promise.all([
      train({ ...trainOptions(reference(), recipe), shards: 2 }).then(dataOf),
      together({ recipe, epochs: 4, pauseAfter: 6 }, { recipe, epochs: 4, pauseAfter: 6 }),
    ]);
    const [first, second] = runs as [WorkerRun, WorkerRun];
    expect([first.end, second.end]).toEqual(['finished', 'finished']);
    expect(second.weights).toEqual(first.weights);
    for (const [name, values] of Object.entries(alone.weights))
      values.forEach((value, i) => expect(first.weights[name]![i], `${name}[${i}]`).toBeCloseTo(value, 9));
    // A worker knows the changes of its own samples; together they are those of the run on one.
    const sorted = (changes: WorkerRun['changes']): string[] => changes.map((change) => JSON.stringify(change)).sort();
    expect(sorted([...first.changes, ...second.changes])).toEqual(sorted(alone.changes));
    if (recipe !== 'ce') {
      expect(first.changes.length).toBeGreaterThan(0);
      expect(second.changes.length).toBeGreaterThan(0);
    }
    expect(second.logs).toEqual(first.logs);
    alone.logs.forEach((log, i) => {
      expect(Object.keys(first.logs[i]!)).toEqual(Object.keys(log));
      for (const [name, value] of Object.entries(log)) expect(first.logs[i]![name], name).toBeCloseTo(value, 5);
    });
    expect(first.fingerprint).not.toBe(second.fingerprint);
  });

  it('are refused where their options differ', async () => {
    const answers = await together({ recipe: 'ce', epochs: 1 }, { recipe: 'ce', epochs: 1, seed: 6 });
    expect(answers[0]).toMatch(/^OptionError: worker 1 has other data or options than worker 0/);
    expect(answers[1]).toMatch(/^OptionError: worker 0 has other data or options than worker 1/);
  });
});
