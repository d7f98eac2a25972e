import { serverDefinition, taskName } from './native/server-definition.ts';
import { TensorFlowError } from './native/tensorflow-error.ts';

/** The processes that train together, and which of them this one is. */
export interface TensorFlowCluster {
  /** `host:port` of every worker, in order; the same list on all of them. Each listens on its own. */
  readonly workers: readonly string[];
  /** Place of this process in the list, from 0. */
  readonly index: number;
  /** Silence after which a worker counts as lost. One whose process has ended is noticed at once. Default 30. */
  readonly timeoutSeconds?: number;
  /** Longest wait for the others: until they have started, and in an all-reduce for one that lags behind. Default 600. */
  readonly waitSeconds?: number;
}

/** What a worker's thread needs to join a cluster. Plain data. */
export interface JoinSettings {
  /** A serialized `tensorflow.ServerDef`. */
  readonly definition: Uint8Array;
  /** TensorFlow's names of all tasks, and their addresses. */
  readonly tasks: readonly string[];
  readonly addresses: readonly string[];
  readonly index: number;
  readonly timeoutMs: number;
  readonly waitMs: number;
}

const address = /^(?:\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/;

/**
 * Checks a cluster.
 *
 * @returns null where there is one worker, which needs none.
 * @throws TensorFlowError (UNSUPPORTED_OPTION) naming what is wrong.
 */
export function joinSettings(cluster: TensorFlowCluster): JoinSettings | null {
  const { workers, index, timeoutSeconds = 30, waitSeconds = 600 } = cluster;
  const refuse = (what: string, remedy: string): never => {
    throw new TensorFlowError('UNSUPPORTED_OPTION', `cluster: ${what}.`, remedy);
  };
  if (workers.length === 0) refuse('no workers are named', "Name all of them as 'host:port'.");
  const wrong = workers.find((worker) => !address.test(worker));
  if (wrong !== undefined) refuse(`'${wrong}' is no address`, "Write it as 'host:port'.");
  const twice = workers.find((worker, i) => workers.indexOf(worker) !== i);
  if (twice !== undefined) refuse(`'${twice}' stands twice`, 'Give every worker an address of its own.');
  if (!Number.isInteger(index) || index < 0 || index >= workers.length)
    refuse(`index ${String(index)} is not one of ${workers.length} workers`, `Pass 0 to ${workers.length - 1}.`);
  for (const [name, seconds] of Object.entries({ timeoutSeconds, waitSeconds })) {
    // A signed 32-bit number of milliseconds is what timers take.
    if (!(seconds > 0 && seconds <= 2e6))
      refuse(`${name} is ${String(seconds)}`, 'Pass seconds above 0, at most 2000000.');
  }
  if (workers.length === 1) return null;
  return {
    definition: serverDefinition(workers, index),
    tasks: workers.map((_, rank) => taskName(rank)),
    addresses: workers,
    index,
    timeoutMs: Math.ceil(timeoutSeconds * 1000),
    waitMs: Math.ceil(waitSeconds * 1000),
  };
}
