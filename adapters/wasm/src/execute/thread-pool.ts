import { layouts } from '../binary/layouts.ts';
import { WasmThreadError } from '../errors.ts';
import { createArena } from '../heap/arena.ts';
import { aligned } from '../heap/heap.ts';
import type { Heap } from '../heap/heap.ts';
import { controlLayout as at, createControl, readFailure } from './control.ts';
import type { Executor, Kernel } from './executor.ts';
import { startWorker } from './start-worker.ts';
import { runSteps } from './thread.ts';

/** What {@link threadPool} runs on. */
export interface ThreadPoolOptions {
  /** Its memory is shared. */
  readonly heap: Heap;
  /** Kernels of a build for shared memory. */
  readonly module: WebAssembly.Module;
  /** The kernels of `module` as the calling thread has them. */
  readonly kernels: readonly Kernel[];
  /** All threads, the calling one among them. */
  readonly threads: number;
  /** Milliseconds without any task done after which the other threads count as dead. Default 30000. */
  readonly patience?: number;
}

/**
 * Runs the tasks of a step on several threads: each takes the next from a shared counter. The calling thread works too, and
 * a run ends when all tasks are done, whether the other threads have woken up by then or not.
 *
 * Between runs the threads sleep. During one they spin from step to step, since a step may take less than waking a thread.
 * After a failure of a thread no further run is accepted.
 *
 * @throws WasmThreadError where a thread does not start.
 */
export async function threadPool(options: ThreadPoolOptions): Promise<Executor> {
  const { heap, module, kernels, threads, patience = 30_000 } = options;
  const { memory } = heap;
  const words = createControl();
  const waits = mayWait(words);
  const names = Object.keys(layouts);
  const scratch = createArena(heap);
  let scratchBytes = 0;
  let refusal = '';
  let closing = false;

  const started = await Promise.allSettled(
    Array.from({ length: threads - 1 }, (_, i) =>
      startWorker({ words, at, module, memory, names, thread: i + 1 }, (reason) => {
        if (!closing) refusal ||= `thread ${i + 1} of ${threads} has ended: ${reason}`;
      }),
    ),
  );
  const workers = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const endAll = async (): Promise<void> => {
    closing = true;
    await Promise.all(workers.map(async (worker) => worker.terminate()));
  };
  const failed = started.find((result) => result.status === 'rejected');
  if (failed) {
    await endAll();
    throw failed.reason;
  }

  /** Waits until a word has a value. */
  const reaches = (word: number, value: number): boolean => {
    const began = performance.now();
    for (let spins = 0; ; spins++) {
      const current = Atomics.load(words, word);
      if (current === value) return true;
      if (spins % 500 !== 499) continue;
      const waited = performance.now() - began;
      if (waited > patience) return false;
      if (!waits || waited < at.spinMilliseconds) continue;
      Atomics.add(words, at.sleepers, 1);
      Atomics.wait(words, word, current, 100);
      Atomics.sub(words, at.sleepers, 1);
    }
  };
  const fail = (reason: string): never => {
    refusal = reason;
    throw new WasmThreadError(refused(reason));
  };

  /** Runs the steps that the control block holds. */
  const runPart = (shared: boolean): void => {
    if (shared) {
      Atomics.add(words, at.sequence, 1);
      Atomics.notify(words, at.sequence);
    }
    const done = runSteps(words, at, kernels, 0, waits, patience);
    if (shared) Atomics.add(words, at.sequence, 1);
    if (done) return;
    reaches(at.failed, 2);
    const failure = readFailure(words);
    if (!failure) return fail('a thread failed and has not said why');
    const { thread, kernel, task, text } = failure;
    if (task < 0) return fail(`thread ${thread} of ${threads} waited in kernel '${names[kernel]}': ${text}`);
    // The others finish the task in their hands: nobody may write to memory that is given back after this.
    reaches(at.inside, 0);
    fail(`thread ${thread} of ${threads} failed in kernel '${names[kernel]}', task ${task}: ${text}`);
  };

  return {
    threads,
    reserveScratch: (bytes) => {
      const each = aligned(bytes);
      if (each <= scratchBytes) return;
      scratch.reserve(threads * each);
      scratchBytes = each;
    },
    run: ({ words: commands, count }) => {
      if (refusal) throw new WasmThreadError(refused(refusal));
      for (let first = 0; first < count; first += at.capacity) {
        if (!reaches(at.inside, 0)) fail(`a thread has not come back from the last run within ${patience / 1000} s`);
        const steps = Math.min(at.capacity, count - first);
        words[at.steps] = steps;
        words[at.scratch] = scratch.address;
        words[at.scratchBytes] = scratchBytes;
        let most = 0;
        for (let i = 0; i < steps; i++) {
          const line = at.firstStep + i * at.stepWords;
          const command = 3 * (first + i);
          words[line] = 0;
          words[line + 1] = 0;
          words[line + 2] = commands[command]!;
          words[line + 3] = commands[command + 1]!;
          words[line + 4] = commands[command + 2]!;
          most = Math.max(most, commands[command + 2]!);
        }
        // Where no step can be shared nobody needs to wake up.
        runPart(threads > 1 && most > 1);
      }
    },
    close: async () => {
      await endAll();
      scratch.close();
    },
  };
}

/** Whether this thread may sleep: the main thread of a browser may not. */
function mayWait(words: Int32Array): boolean {
  try {
    Atomics.wait(words, at.sequence, 1, 0);
    return true;
  } catch {
    return false;
  }
}

const refused = (reason: string): string =>
  `${reason}. What this step wrote is lost: close the backend, open another and go on from the last checkpoint`;
