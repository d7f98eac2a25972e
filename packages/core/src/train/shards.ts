import type { Backend, Workers } from '@selfcure/tensor';
import { randomStream } from '../random/stream.ts';

/** One shard of the training data: samples that meet each other in batches, and no others. */
export interface Shard {
  /** Among the shards of all workers, from 0. */
  readonly index: number;
  /** Sample ids in ascending order. */
  readonly samples: Int32Array;
}

/** How the samples and batches of a run are shared out. */
export interface Shards {
  /** Of all workers. */
  readonly count: number;
  readonly workers: Workers;
  /** Those whose samples this worker trains on and relabels. */
  readonly own: readonly Shard[];
}

/** The place of an engine among the workers of a run. */
export const workersOf = ({ capabilities }: Backend): Workers => capabilities.workers ?? { index: 0, count: 1 };

/** Shares out samples: shard j of n holds the samples s with s mod n = j, worker i of w the shards j with j mod w = i. */
export function shareOut(size: number, count: number, workers: Workers): Shards {
  const own = Array.from({ length: count / workers.count }, (_, i) => workers.index + i * workers.count);
  return {
    count,
    workers,
    own: own.map((index) => ({
      index,
      samples: Int32Array.from({ length: Math.ceil((size - index) / count) }, (_, i) => index + i * count),
    })),
  };
}

/**
 * Samples of every step of an epoch for each own shard, `share` of them a step. Their order is a function of seed, epoch and shard
 * alone.
 */
export function orderOf(
  { own }: Shards,
  { seed, epoch, share }: { readonly seed: number; readonly epoch: number; readonly share: number },
): (step: number) => Int32Array[] {
  const orders = own.map(({ index, samples }) =>
    randomStream({ seed, purpose: 'shuffle', epoch, sample: index })
      .permutation(samples.length)
      .map((place) => samples[place]!),
  );
  return (step) => orders.map((order) => order.slice(step * share, (step + 1) * share));
}
