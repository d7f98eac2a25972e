/** One worker of a run over several processes; cluster.test.ts bundles it and starts it. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeTrainState, encodeTrainState, scn, train } from '@selfcure/core';
import type { Callback, TrainOptions } from '@selfcure/core';
import type { Backend } from '@selfcure/tensor';
import { tensorflow } from '@selfcure/tensorflow';
import type { TensorFlowCluster } from '@selfcure/tensorflow';
import { dataOf, shardedOptions } from '../../../packages/core/test/sharded-run.ts';
import type { RunData } from '../../../packages/core/test/sharded-run.ts';

/** What a worker is told. */
export interface ClusterTask {
  readonly cluster: TensorFlowCluster;
  /** Where its checkpoints are written, and read where it resumes. */
  readonly folder: string;
  /** Epoch whose end it resumes from. */
  readonly resume?: number;
}

/** What a worker says at its end. */
export type ClusterAnswer =
  | { readonly run: RunData; readonly losses: readonly number[]; readonly resident: readonly number[] }
  | {
      readonly error: string;
      readonly cause: string;
      readonly lost: readonly number[];
      readonly message: string;
      /** Epochs that the state of the error has behind it. */
      readonly epochs: number;
      readonly closedAfter: number;
    };

/** The options that all runs share: 200 steps. */
export function clusterOptions(backend: Backend): TrainOptions {
  const recipe = scn({ preset: 'official-code', relabelEpoch: 2, margin2: 0.05 });
  return { ...shardedOptions(backend, recipe, { samples: 163, learningRate: 1e-3 }), epochs: 20 };
}

async function runWorker({ cluster, folder, resume }: ClusterTask): Promise<ClusterAnswer> {
  const checkpoint = (epoch: number): string => join(folder, `worker-${cluster.index}-${epoch}.safetensors`);
  const losses: number[] = [];
  const resident: number[] = [];
  const watch: Callback = {
    name: 'watch',
    onStepEnd: ({ epoch, step, loss }) => {
      losses.push(loss);
      process.stdout.write(`step ${epoch} ${step}\n`);
    },
    onEpochEnd: ({ epoch, state }) => {
      writeFileSync(`${checkpoint(epoch)}.new`, encodeTrainState(state));
      renameSync(`${checkpoint(epoch)}.new`, checkpoint(epoch));
      globalThis.gc?.();
      resident.push(process.memoryUsage.rss());
    },
  };
  const backend = await tensorflow({ device: 'cpu', threads: 1, cluster });
  const close = async (): Promise<number> => {
    const start = performance.now();
    await backend.close();
    return performance.now() - start;
  };
  try {
    const state = resume === undefined ? undefined : decodeTrainState(readFileSync(checkpoint(resume)));
    const run = await train({ ...clusterOptions(backend), callbacks: [watch], ...(state && { resume: state }) });
    await close();
    return { run: dataOf(run), losses, resident };
  } catch (error) {
    const { name, message, cause, state } = error as Error & {
      cause?: Error & { workers?: number[] };
      state?: { epoch: number };
    };
    return {
      error: name,
      message,
      cause: cause?.name ?? '',
      lost: cause?.workers ?? [],
      epochs: (state?.epoch ?? 0) - 1,
      closedAfter: await close(),
    };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const answer = await runWorker(JSON.parse(process.argv[2]!) as ClusterTask);
  process.stdout.write(`answer ${JSON.stringify(answer)}\n`);
}
