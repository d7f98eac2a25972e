import type { JoinSettings } from '../cluster.ts';
import type { Binding } from '../native/binding.ts';

/** A worker's thread as one of a cluster. */
export interface ClusterMember {
  /** Places of the workers that do not answer, after a collective has failed with a message; empty where all do. */
  lost(message: string): number[];
  /**
   * Leaves the cluster when all others do so too, or the host aborts the wait for them: they may still be fetching what this
   * one gave to the last all-reduce.
   */
  leave(): void;
}

/**
 * Joins a cluster: waits until all workers have started, then has them watched.
 *
 * It stands alone, without imports or values of its module: a worker runs its text. A failure is an Error with the fields
 * `code`, `remedy` and `steps` of a TensorFlowError.
 */
export function joinCluster(binding: Binding, settings: JoinSettings): ClusterMember {
  const { definition, tasks, addresses, index, timeoutMs, waitMs } = settings;
  const failure = (code: string, message: string, remedy: string, cause?: unknown): Error =>
    Object.assign(new Error(`${message} ${remedy}`, { cause }), { code, remedy, steps: [] });
  const { collectives } = binding;
  if (!collectives) {
    throw failure(
      'UNSUPPORTED_OPTION',
      'cluster: the binding of tfjs-node has no collectives.',
      'Run `npx selfcure-tensorflow install` and name its binding with the option library.',
    );
  }
  const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));
  const others = tasks.flatMap((_, rank) => (rank === index ? [] : [rank]));
  const sleep = (milliseconds: number): void =>
    void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  // The devices are made anew, by the options in the definition: its field default_session_config = 4, which is merged with what
  // stands there already.
  const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]);
  const whole = Uint8Array.from([...definition, (4 << 3) | 2, ...varint(binding.config.length), ...binding.config]);
  try {
    collectives.enableCollectives(whole, tasks[index]!);
  } catch (error) {
    throw failure(
      'NO_CLUSTER',
      `cluster: worker ${index} cannot listen on ${addresses[index]}: ${text(error)}.`,
      'Another process may hold the port, or the address is not one of this machine.',
      error,
    );
  }
  const until = Date.now() + waitMs;
  for (const rank of others) {
    for (;;) {
      const left = until - Date.now();
      try {
        collectives.checkPeer(tasks[rank]!, Math.max(1, Math.min(left, 2000)));
        break;
      } catch (error) {
        if (left <= 0) {
          throw failure(
            'NO_CLUSTER',
            `cluster: worker ${rank} (${addresses[rank]}) did not answer within ${waitMs / 1000} s.`,
            'Start all workers with the same list of addresses, and let them reach each other.',
            error,
          );
        }
        sleep(100);
      }
    }
  }
  const watched = others.map((rank) => tasks[rank]!);
  collectives.watchPeers(watched, Math.min(1000, timeoutMs), timeoutMs);

  let failed = false;
  const silent = new Set<number>();
  return {
    lost: (message) => {
      for (const [, task] of message.matchAll(/worker \/job:worker\/replica:0\/task:(\d+) is lost/g))
        silent.add(Number(task));
      if (!failed) {
        for (const rank of others) {
          try {
            if (!silent.has(rank)) collectives.checkPeer(tasks[rank]!, Math.min(timeoutMs, 2000));
          } catch {
            silent.add(rank);
          }
        }
      }
      failed = true;
      return [...silent].sort((a, b) => a - b);
    },
    leave: () => {
      try {
        if (!failed) {
          const scalar = (value: number): number => binding.createTensor([], 3, Int32Array.of(value));
          const mine = [binding.createTensor([], 1, Float32Array.of(1)), ...[tasks.length, 1, 0].map(scalar)];
          const attribute = (name: string, type: number, value: string | number) => ({ name, type, value });
          const attributes = [
            attribute('T', 4, 1),
            attribute('merge_op', 0, 'Add'),
            attribute('final_op', 0, 'Id'),
            attribute('communication_hint', 0, 'ring'),
            attribute('Nordering_token', 1, 0),
          ];
          const made = binding.executeOp('CollectiveReduceV2', attributes, mine, 1);
          binding.deleteTensors([...mine, ...made.map(({ id }) => id)]);
        }
      } catch {
        // Whoever does not come to leave has failed, or will learn that this one is gone.
      }
      collectives.watchPeers([], 1, 1);
      collectives.abortCollectives(`worker ${index} (${addresses[index]}) has ended its part of the run`);
    },
  };
}
