import { createArena } from '../heap/arena.ts';
import type { Heap } from '../heap/heap.ts';
import type { Executor, Kernel } from './executor.ts';

/** Runs every task on the calling thread. */
export function singleThread(heap: Heap, kernels: readonly Kernel[]): Executor {
  const scratch = createArena(heap);
  return {
    threads: 1,
    reserveScratch: scratch.reserve,
    run: ({ count, words }) => {
      const { address } = scratch;
      for (let i = 0; i < 3 * count; i += 3) {
        const kernel = kernels[words[i]!]!;
        const parameters = words[i + 1]!;
        const tasks = words[i + 2]!;
        for (let task = 0; task < tasks; task++) kernel(parameters, task, address);
      }
    },
    close: scratch.close,
  };
}
