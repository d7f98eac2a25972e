/** One worker of a run over several processes; cluster.test.ts bundles it and starts it. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adam, decodeTrainState, encodeTrainState, scn, train } from '@selfcure/core';
import type { Callback, Run, TrainOptions } from '@selfcure/core';
import { faceCnn } from '@selfcure/models';
import type { Backend } from '@selfcure/tensor';
import { tensorflow } from '@selfcure/tensorflow';
import type { TensorFlowCluster } from '@selfcure/tensorflow';
import { stripes } from '../../../packages/core/test/stripes.ts';

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

/** Plain data of a run. */
export type RunData = ReturnType<typeof dataOf>;

/** The options that all runs share: 200 steps. */
export function clusterOptions(backend: Backend): TrainOptions {
  return {
    backend,
    recipe: scn({ preset: 'official-code', relabelEpoch: 2, margin2: 0.05 }),
    model: faceCnn({ classes: 4, size: 12, width: 0.125 }),
    data: stripes({ samples: 163 }),
    validation: stripes({ samples: 20, seed: 9 }),
    batchSize: 16,
    optimizer: adam({ learningRate: 1e-3 }),
    clip: { norm: 1 },
    weightAverage: 0.9,
    epochs: 20,
    seed: 5,
  };
}

/** What two runs are compared by. */
export function dataOf({ state, history, ledger, end }: Run) {
  const perMachine = ['seconds', 'values'];
  return {
    end,
    weights: Object.fromEntries(Object.entries(state.weights).map(([name, values]) => [name, [...values]])),
    changes: ledger.changes().map(({ sample, epoch, kind, to }) => ({ sample, epoch, kind, to })),
    logs: history.epochs.map((log) =>
      Object.fromEntries(Object.entries(log).filter(([name]) => !perMachine.includes(name))),
    ),
  };
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
