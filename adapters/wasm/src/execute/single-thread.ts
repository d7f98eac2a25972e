import type { Heap } from '../heap/heap.ts';
import type { Executor, Kernel } from './executor.ts';

/** Runs every task on the calling thread. */
export function singleThread(heap: Heap, kernels: readonly Kernel[]): Executor {
  let scratch = 0;
  let scratchBytes = 0;
  return {
    threads: 1,
    reserveScratch: (bytes) => {
      if (bytes <= scratchBytes) return;
      if (scratch) heap.free(scratch);
      [scratch, scratchBytes] = [0, 0];
      scratch = heap.allocate(bytes);
      scratchBytes = bytes;
    },
    run: ({ count, words }) => {
      for (let i = 0; i < 3 * count; i += 3) {
        const kernel = kernels[words[i]!]!;
        const parameters = words[i + 1]!;
        const tasks = words[i + 2]!;
        for (let task = 0; task < tasks; task++) kernel(parameters, task, scratch);
      }
    },
    close: () => {
      if (scratch) heap.free(scratch);
      [scratch, scratchBytes] = [0, 0];
    },
  };
}
