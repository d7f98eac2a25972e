import type { Worker } from 'node:worker_threads';
import { WasmThreadError } from '@selfcure/wasm';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { layouts } from '../src/binary/layouts.ts';
import type { Commands, Executor, Kernel } from '../src/execute/executor.ts';
import { instantiate } from '../src/execute/kernels.ts';
import { loadKernels } from '../src/execute/load.ts';
import { threadPool } from '../src/execute/thread-pool.ts';
import type { ThreadPoolOptions } from '../src/execute/thread-pool.ts';
import type { ThreadStart } from '../src/execute/thread.ts';
import { ownHeap } from '../src/heap/own-heap.ts';
import type { Heap } from '../src/heap/heap.ts';
import { nodeBuiltin } from '../src/node-builtin.ts';
import { code, moduleOf } from './small-module.ts';

const copy = Object.keys(layouts).indexOf('copy');
const open: Executor[] = [];

async function pool(options: ThreadPoolOptions): Promise<Executor> {
  const executor = await threadPool(options);
  open.push(executor);
  return executor;
}

/** A pool on the kernels of the package. */
async function realPool(heap: Heap, threads: number): Promise<Executor> {
  const module = await loadKernels({ relaxed: false, shared: true });
  return pool({ heap, module, kernels: instantiate(module, heap.memory), threads });
}

/** Steps of the kernel `copy`, whatever stands behind its name. */
function commandsOf(steps: readonly { readonly parameters: number; readonly tasks: number }[]): Commands {
  const words = Int32Array.from(steps.flatMap(({ parameters, tasks }) => [copy, parameters, tasks]));
  return { address: 0, count: steps.length, words };
}

/** Words of a step that copies `bytes` in so many tasks. */
function copyStep(
  heap: Heap,
  { from, to, bytes, tasks }: { from: number; to: number; bytes: number; tasks: number },
): { parameters: number; tasks: number } {
  const parameters = heap.allocate(16);
  new Int32Array(heap.memory.buffer, parameters, 4).set([from, to, bytes, bytes / tasks]);
  return { parameters, tasks };
}

const view = (heap: Heap, address: number, length: number): Int32Array =>
  new Int32Array(heap.memory.buffer, address, length);
const counting = (length: number, first: number): number[] => Array.from({ length }, (_, i) => first + i);

/** A kernel of the calling thread that returns when another thread has set the flag at its words. */
const awaitFlag = (heap: Heap): Kernel => {
  const words = new Int32Array(heap.memory.buffer);
  return (parameters) => {
    while (Atomics.load(words, parameters / 4) === 0) Atomics.wait(words, parameters / 4, 0, 10);
  };
};

/** A pool of two whose calling thread waits for the flag and whose other thread runs a piece of code. */
async function pairedPool(instructions: readonly number[], patience?: number): Promise<{ run(): void }> {
  const heap = ownHeap({ shared: true });
  const parameters = heap.allocate(64);
  view(heap, parameters, 1)[0] = 0;
  const kernels = Object.keys(layouts).map(() => awaitFlag(heap));
  const module = moduleOf(instructions);
  const executor = await pool({ heap, module, kernels, threads: 2, ...(patience && { patience }) });
  return { run: () => executor.run(commandsOf([{ parameters, tasks: 2 }])) };
}

/** Workers that are started until the test ends, with what they start with. */
function recordWorkers(): { worker: Worker; start: ThreadStart }[] {
  const threads = nodeBuiltin('node:worker_threads')!;
  const original = threads.Worker;
  const started: { worker: Worker; start: ThreadStart }[] = [];
  threads.Worker = class extends original {
    constructor(...given: ConstructorParameters<typeof original>) {
      super(...given);
      started.push({ worker: this, start: given[1]!.workerData as ThreadStart });
    }
  };
  onTestFinished(() => {
    threads.Worker = original;
  });
  return started;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((executor) => executor.close()));
});

describe('a thread pool', () => {
  // Four on two cores: threads lose the processor in the middle of steps.
  it.each([1, 2, 4])(
    'of %i starts a step when the one before is done, over more steps than fit at once',
    async (threads) => {
      const heap = ownHeap({ shared: true });
      const executor = await realPool(heap, threads);
      const [bytes, tasks, steps] = [1024, 16, 2500];
      const buffers = Array.from({ length: steps + 1 }, () => heap.allocate(bytes));
      const chain = commandsOf(
        counting(steps, 0).map((i) => copyStep(heap, { from: buffers[i]!, to: buffers[i + 1]!, bytes, tasks })),
      );
      for (let round = 0; round < 20; round++) {
        const values = counting(bytes / 4, 1000 * round);
        view(heap, buffers[0]!, bytes / 4).set(values);
        executor.run(chain);
        expect([...view(heap, buffers[steps]!, bytes / 4)]).toEqual(values);
      }
    },
  );

  it('keeps a thread that is late in one run out of the next', async () => {
    const heap = ownHeap({ shared: true });
    const executor = await realPool(heap, 3);
    const bytes = 64;
    const programs = counting(7, 0).map(() => {
      const [from, to] = [heap.allocate(bytes), heap.allocate(bytes)];
      const commands = commandsOf([copyStep(heap, { from, to, bytes, tasks: 16 })]);
      return { source: view(heap, from, 16), target: view(heap, to, 16), commands };
    });
    let wrong = 0;
    for (let run = 1; run <= 30_000; run++) {
      const { source, target, commands } = programs[run % programs.length]!;
      source.fill(run);
      executor.run(commands);
      if (!target.every((value) => value === run)) wrong++;
    }
    expect(wrong).toBe(0);
  });

  it('copies to memory that has just grown, after its threads slept and while they spin', async () => {
    const heap = ownHeap({ shared: true });
    const module = await loadKernels({ relaxed: false, shared: true });
    let result: Int32Array = new Int32Array(0);
    // Where the calling thread takes a task, it waits for the other, which is thus the other thread's. Fresh words are 0.
    const kernel: Kernel = (_, task) => {
      while (Atomics.load(result, task === 0 ? result.length - 1 : 0) === 0);
    };
    const executor = await pool({ heap, module, kernels: Object.keys(layouts).map(() => kernel), threads: 2 });
    const bytes = 2 ** 17;
    const from = heap.allocate(bytes);
    view(heap, from, bytes / 4).fill(7);
    for (let round = 0; round < 400; round++) {
      if (round % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      const before = heap.memory.buffer.byteLength;
      const to = heap.allocate(bytes);
      expect(heap.memory.buffer.byteLength).toBeGreaterThan(before);
      result = view(heap, to, bytes / 4);
      executor.run(commandsOf([copyStep(heap, { from, to, bytes, tasks: 2 })]));
      const copied = result.filter((value) => value === 7).length / result.length;
      expect([0.5, 1]).toContain(copied);
    }
  });

  it('gives each thread scratch memory of its own', async () => {
    const heap = ownHeap({ shared: true });
    const module = moduleOf(code.scratch);
    const tasks = 4096;
    const parameters = heap.allocate(4 * tasks);
    const executor = await pool({ heap, module, kernels: instantiate(module, heap.memory), threads: 2 });
    executor.reserveScratch(100);
    executor.reserveScratch(1000);
    executor.reserveScratch(10);
    const seen = new Set<number>();
    // A thread that was asleep may miss a run.
    for (let round = 0; round < 1000 && seen.size < 2; round++) {
      executor.run(commandsOf([{ parameters, tasks }]));
      for (const address of view(heap, parameters, tasks)) seen.add(address);
    }
    const [low, high] = [...seen].sort((a, b) => a - b);
    expect(seen.size).toBe(2);
    expect(low! % 64).toBe(0);
    expect(high! - low!).toBe(1024);
  });

  it('sleeps between runs', async () => {
    const heap = ownHeap({ shared: true });
    const executor = await realPool(heap, 3);
    const [from, to] = [heap.allocate(1024), heap.allocate(1024)];
    executor.run(commandsOf([copyStep(heap, { from, to, bytes: 1024, tasks: 16 })]));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(250); // milliseconds; two threads that spin take 1000
  });
});

describe('a failing thread', () => {
  it('that traps ends the run, and the pool takes no other', async () => {
    const { run } = await pairedPool([...code.flag, ...code.trap]);
    const reason = /thread 1 of 2 failed in kernel 'copy', task [01]: unreachable.*checkpoint/;
    expect(run).toThrow(WasmThreadError);
    expect(run).toThrow(reason);
    expect(run).toThrow(reason);
  });

  it('that traps on the calling thread does so too', async () => {
    const heap = ownHeap({ shared: true });
    const module = moduleOf(code.trap);
    const executor = await pool({ heap, module, kernels: instantiate(module, heap.memory), threads: 1 });
    const run = (): void => executor.run(commandsOf([{ parameters: 0, tasks: 1 }]));
    expect(run).toThrow(WasmThreadError);
    expect(run).toThrow(/thread 0 of 1 failed in kernel 'copy', task 0: unreachable/);
  });

  it('that hangs is given up after a while, and ended by close', async () => {
    const { run } = await pairedPool([...code.flag, ...code.hang], 300);
    expect(run).toThrow(WasmThreadError);
    expect(run).toThrow(/no task was done for 0.3 s/);
  });

  it('that does not come back from a run is given up before the next', async () => {
    const workers = recordWorkers();
    const heap = ownHeap({ shared: true });
    const module = moduleOf(code.scratch);
    const executor = await pool({ heap, module, kernels: instantiate(module, heap.memory), threads: 2, patience: 200 });
    const run = (): void => executor.run(commandsOf([{ parameters: heap.allocate(64), tasks: 2 }]));
    run();
    const { words, at } = workers[0]!.start;
    Atomics.add(words, at.inside, 1);
    expect(run).toThrow(WasmThreadError);
    expect(run).toThrow(/has not come back from the last run within 0.2 s/);
  });

  it('that was ended is noticed before the next run', async () => {
    const workers = recordWorkers();
    const executor = await realPool(ownHeap({ shared: true }), 2);
    await workers[0]!.worker.terminate();
    expect(() => executor.run(commandsOf([]))).toThrow(WasmThreadError);
    expect(() => executor.run(commandsOf([]))).toThrow(/thread 1 of 2 has ended: .*code 1/);
  });

  it('that does not start makes opening fail, and leaves no other', async () => {
    const workers = recordWorkers();
    const module = moduleOf(code.trap);
    // Memory that is not shared does not reach a thread.
    const unshared = threadPool({ heap: ownHeap(), module, kernels: [], threads: 3 });
    await expect(unshared).rejects.toThrow(WasmThreadError);
    await expect(unshared).rejects.toThrow(/thread 1 did not start: .*Memory/);
    // (module (import "" "" (global i32))): nobody gives it its global.
    const incomplete = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 2, 6, 1, 0, 0, 3, 127, 0));
    const unlinked = threadPool({ heap: ownHeap({ shared: true }), module: incomplete, kernels: [], threads: 3 });
    await expect(unlinked).rejects.toThrow(WasmThreadError);
    await expect(unlinked).rejects.toThrow(/thread 1 did not start: .*import/i);
    expect(workers.map(({ worker }) => worker.threadId)).toEqual([-1, -1]);
  });
});
