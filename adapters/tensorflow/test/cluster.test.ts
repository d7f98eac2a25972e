import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { train } from '@selfcure/core';
import { trace } from '@selfcure/tensor';
import { TensorFlowError, TensorFlowWorkerLostError, tensorflow } from '@selfcure/tensorflow';
import type { TensorFlowCluster } from '@selfcure/tensorflow';
import { dataOf } from '../../../packages/core/test/sharded-run.ts';
import type { RunData } from '../../../packages/core/test/sharded-run.ts';
import { clusterOptions } from './cluster-program.ts';
import type { ClusterAnswer, ClusterTask } from './cluster-program.ts';
import { freeAddresses } from './free-port.ts';
import { describeWhere, whyNoBinding } from './needed-native.ts';
import { openEngine } from './open-engine.ts';

type Finished = Extract<ClusterAnswer, { run: RunData }>;
type Failed = Extract<ClusterAnswer, { error: string }>;

/** A process of a cluster. */
interface Rank {
  readonly child: ChildProcess;
  readonly answer: Promise<ClusterAnswer | null>;
  /** Once the process has done a step of an epoch. */
  reached(epoch: number, step: number): Promise<void>;
}

describeWhere(whyNoBinding(), 'a cluster of two processes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'selfcure-cluster-'));
  const program = join(folder, 'worker.mjs');
  const running = new Set<ChildProcess>();
  let uninterrupted: [Finished, Finished];

  afterAll(() => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });
  beforeAll(async () => {
    const source = (name: string): string => fileURLToPath(new URL(`../../../${name}/src/index.ts`, import.meta.url));
    await build({
      entryPoints: [fileURLToPath(new URL('cluster-program.ts', import.meta.url))],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      alias: {
        ...Object.fromEntries(
          ['core', 'models', 'tensor'].map((name) => [`@selfcure/${name}`, source(`packages/${name}`)]),
        ),
        '@selfcure/tensorflow': source('adapters/tensorflow'),
      },
      logLevel: 'error',
    });
    uninterrupted = (await finished(await together())) as [Finished, Finished];
  }, 60_000);

  /** Starts both processes. */
  async function together(
    task: Omit<ClusterTask, 'cluster' | 'folder'> & { readonly timeoutSeconds?: number } = {},
  ): Promise<[Rank, Rank]> {
    const { timeoutSeconds, ...rest } = task;
    const workers = await freeAddresses(2);
    return workers.map((_, index) => {
      const cluster: TensorFlowCluster = { workers, index, ...(timeoutSeconds && { timeoutSeconds }) };
      return start({ ...rest, cluster, folder });
    }) as [Rank, Rank];
  }

  function start(task: ClusterTask): Rank {
    const child = spawn(process.execPath, ['--expose-gc', program, JSON.stringify(task)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    running.add(child);
    const waiting: { line: string; resolve(): void }[] = [];
    const seen = new Set<string>();
    let answer: ClusterAnswer | null = null;
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('answer ')) answer = JSON.parse(line.slice('answer '.length)) as ClusterAnswer;
        seen.add(line);
        for (const one of waiting) if (one.line === line) one.resolve();
      }
    });
    return {
      child,
      answer: new Promise((resolve) =>
        child.on('close', () => {
          running.delete(child);
          resolve(answer);
        }),
      ),
      reached: (epoch, step) =>
        new Promise((resolve) => {
          const line = `step ${epoch} ${step}`;
          if (seen.has(line)) return resolve();
          waiting.push({ line, resolve });
        }),
    };
  }

  const finished = async (ranks: readonly Rank[]): Promise<Finished[]> =>
    Promise.all(
      ranks.map(async (rank) => {
        const answer = await rank.answer;
        if (answer === null || 'error' in answer) throw new Error(JSON.stringify(answer));
        return answer;
      }),
    );

  it('trains as one process does with two shards', async () => {
    const backend = await openEngine({ threads: 1 });
    const losses: number[] = [];
    const watch = { name: 'watch', onStepEnd: ({ loss }: { loss: number }) => void losses.push(loss) };
    const alone = dataOf(await train({ ...clusterOptions(backend), shards: 2, callbacks: [watch] }));
    await backend.close();
    const [first, second] = uninterrupted;
    expect(losses).toHaveLength(200);
    expect(second.losses).toEqual(first.losses);
    losses.forEach((loss, step) => {
      expect(Math.abs(first.losses[step]! - loss) / loss, `loss of step ${step}`).toBeLessThan(1e-6);
    });
    expect(second.run.weights).toEqual(first.run.weights);
    expect(second.run.logs).toEqual(first.run.logs);
    // A worker knows the changes of its own samples; together they are those of the run on one.
    const sorted = (changes: RunData['changes']): string[] => changes.map((change) => JSON.stringify(change)).sort();
    expect(sorted([...first.run.changes, ...second.run.changes])).toEqual(sorted(alone.changes));
    for (const { run } of uninterrupted) expect(run.changes.length).toBeGreaterThan(0);
  });

  it('holds as much memory at the end as after a quarter', () => {
    for (const { resident } of uninterrupted)
      expect(resident.at(-1)! - resident[5]!, resident.join()).toBeLessThan(3 * 2 ** 20);
  });

  it('ends with an error where one is killed, and goes on from the last epoch with the same bits', async () => {
    const [left, lost] = await together();
    await lost.reached(6, 4);
    lost.child.kill('SIGKILL');
    const start = performance.now();
    const answer = (await left.answer) as Failed;
    // No timeout has to pass; the rest is a busy machine.
    expect(performance.now() - start).toBeLessThan(15_000);
    expect(answer).toMatchObject({ error: 'TrainError', cause: 'TensorFlowWorkerLostError', lost: [1], epochs: 5 });
    expect(answer.message).toMatch(/^worker 1 \(127\.0\.0\.1:\d+\) is lost: .+The state is as it was before/);
    expect(answer.closedAfter).toBeLessThan(5000);
    expect(await lost.answer).toBeNull();

    const resumed = await finished(await together({ resume: 5 }));
    resumed.forEach(({ run }, rank) => expect(run).toEqual(uninterrupted[rank]!.run));
  });

  it('ends with an error where one is silent for too long', async () => {
    const [left, lost] = await together({ timeoutSeconds: 1 });
    await lost.reached(2, 4);
    lost.child.kill('SIGSTOP');
    const start = performance.now();
    const answer = (await left.answer) as Failed;
    lost.child.kill('SIGKILL');
    // A second between two looks, a second for the answer; the rest is a busy machine.
    expect(performance.now() - start).toBeLessThan(15_000);
    expect(answer).toMatchObject({ error: 'TrainError', cause: 'TensorFlowWorkerLostError', lost: [1], epochs: 1 });
    expect(answer.closedAfter).toBeLessThan(5000);
  });
});

describeWhere(whyNoBinding(), 'a worker', () => {
  it('claims averages over all, one collective for those that nothing needs before the last', async () => {
    const workers = await freeAddresses(2);
    const mean = await Promise.all(
      workers.map(async (_, index) => {
        const backend = await openEngine({ threads: 1, cluster: { workers, index } });
        expect(backend.capabilities.workers).toEqual({ index, count: 2 });
        const program = await backend.compile(
          trace((ops) => {
            const [a, b] = [ops.input('a', [2, 3]), ops.input('b', [])];
            const both = [ops.allReduceMean(a), ops.allReduceMean(b)] as const;
            return { a: both[0], b: both[1], product: ops.allReduceMean(ops.mul(both[0], ops.mul(both[1], a))) };
          }),
        );
        expect(program.report.listing().match(/= CollectiveReduceV2/g)).toHaveLength(2);
        const state = await backend.createState([], {});
        const inputs = {
          a: Float32Array.from({ length: 6 }, (_, i) => i * (index + 1)),
          b: Float32Array.of(index === 0 ? 4 : -2),
        };
        const results = [];
        for (let i = 0; i < 3; i++) results.push(await program.run(state, inputs));
        for (const held of [program, state]) held.dispose();
        await backend.close();
        return results;
      }),
    );
    const a = Array.from({ length: 6 }, (_, i) => 1.5 * i);
    for (const result of mean.flat()) {
      expect([...result['a']!]).toEqual(a);
      expect([...result['b']!]).toEqual([1]);
      expect([...result['product']!]).toEqual(a.map((value) => value * value));
    }
  });

  it('waits no longer than it is told to for one that does not come', async () => {
    const workers = await freeAddresses(2);
    const [own, other] = await Promise.all(
      workers.map(async (_, index) =>
        openEngine({ threads: 1, cluster: { workers, index, timeoutSeconds: 5, waitSeconds: 3 } }),
      ),
    );
    const program = await own!.compile(trace((ops) => ({ mean: ops.allReduceMean(ops.input('x', [2])) })));
    const state = await own!.createState([], {});
    for (let i = 0; i < 2; i++) {
      const error: unknown = await program.run(state, { x: new Float32Array(2) }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TensorFlowWorkerLostError);
      expect(error).toMatchObject({ workers: [] });
      expect((error as Error).message).toMatch(/all workers answer.+no all-reduce within 3 s/);
    }
    for (const backend of [own, other]) await backend!.close();
  });

  it('without others claims none', async () => {
    for (const options of [{}, { cluster: { workers: ['127.0.0.1:1'], index: 0 } }]) {
      const backend = await openEngine(options);
      expect(backend.capabilities.workers).toBeUndefined();
      const { outputs } = trace((ops) => ({ mean: ops.allReduceMean(ops.input('x', [2])) }));
      expect(backend.claims(outputs['mean']!)).toBe('it is no worker of a cluster');
      await backend.close();
    }
  });

  it('gives up where the others do not start', async () => {
    const workers = await freeAddresses(2);
    const error: unknown = await openEngine({ cluster: { workers, index: 0, waitSeconds: 0.5 } }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(TensorFlowError);
    expect(error).toMatchObject({ code: 'NO_CLUSTER' });
    expect((error as Error).message).toContain(`worker 1 (${workers[1]}) did not answer within 0.5 s`);
  });
});

describe('the option cluster', () => {
  it.each([
    [{ workers: [], index: 0 }, /no workers/],
    [{ workers: ['a:1', 'b'], index: 0 }, /'b' is no address/],
    [{ workers: ['a:1', 'a:1'], index: 0 }, /'a:1' stands twice/],
    [{ workers: ['a:1', 'b:1'], index: 2 }, /index 2 is not one of 2 workers/],
    [{ workers: ['a:1', 'b:1'], index: 0, timeoutSeconds: 0 }, /timeoutSeconds is 0/],
  ])('%o is refused', async (cluster, message) => {
    const error: unknown = await tensorflow({ cluster }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'UNSUPPORTED_OPTION' });
    expect((error as Error).message).toMatch(message);
  });
});
