/**
 * What runs on every thread of a pool. Workers get the text of these functions (see start-worker.ts), so each stands alone:
 * no imports, no names from outside of it, no functions inside (bundlers that keep names would wrap them in a helper), no
 * syntax that a compiler for older targets would replace by one.
 *
 * @module
 */
import type { ControlLayout } from './control.ts';
import type { Kernel } from './executor.ts';

/** What a worker starts with. */
export interface ThreadStart {
  readonly words: Int32Array;
  readonly at: ControlLayout;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Exports of the module in the order in which steps count them. */
  readonly names: readonly string[];
  /** Number of the thread; 0 is the one that calls. */
  readonly thread: number;
}

/**
 * Does this thread's part of all steps of a run: takes tasks of a step until none is left, waits until all are done, goes on.
 *
 * @param mayWait whether this thread may sleep; a browser's main thread may not.
 * @param patience milliseconds without any task done after which the others count as dead.
 * @returns false where a thread failed, which the words describe.
 */
export function runSteps(
  words: Int32Array,
  at: ControlLayout,
  kernels: readonly Kernel[],
  thread: number,
  mayWait: boolean,
  patience: number,
): boolean {
  const steps = words[at.steps]!;
  const scratch = words[at.scratch]! + thread * words[at.scratchBytes]!;
  const spinMilliseconds = at.spinMilliseconds;
  let next = at.firstStep;
  let task = -1;
  try {
    for (let step = 0; step < steps; step++, next += at.stepWords) {
      const done = next + 1;
      const tasks = words[next + 4]!;
      // Reading first leaves the line with the thread that works on it.
      if (Atomics.load(words, next) < tasks) {
        const kernel = kernels[words[next + 2]!]!;
        const parameters = words[next + 3]!;
        let mine = 0;
        task = Atomics.add(words, next, 1);
        while (task < tasks) {
          kernel(parameters, task, scratch);
          mine++;
          task = Atomics.add(words, next, 1);
        }
        task = -1;
        if (mine > 0 && Atomics.add(words, done, mine) + mine === tasks) {
          if (Atomics.load(words, at.sleepers) > 0) Atomics.notify(words, done);
          continue;
        }
      }
      let before = -1;
      let silence = 0;
      let last = 0;
      for (;;) {
        let finished = Atomics.load(words, done);
        for (let spins = 0; finished !== tasks && spins < 500; spins++) finished = Atomics.load(words, done);
        if (finished === tasks) break;
        if (Atomics.load(words, at.failed) !== 0) return false;
        const now = performance.now();
        // A second at most: the clock may run while the machine is suspended.
        silence = finished === before ? silence + Math.min(now - last, 1000) : 0;
        before = finished;
        last = now;
        if (silence < spinMilliseconds) continue;
        if (silence > patience)
          throw new Error('no task was done for ' + patience / 1000 + ' s. A thread was ended or hangs');
        if (mayWait) {
          Atomics.add(words, at.sleepers, 1);
          Atomics.wait(words, done, finished, 1000);
          Atomics.sub(words, at.sleepers, 1);
        }
      }
    }
    return true;
  } catch (error) {
    if (Atomics.compareExchange(words, at.failed, 0, 1) === 0) {
      const text = String((error as Error).message || error).slice(0, at.textWords);
      words[at.failure] = thread;
      words[at.failure + 1] = words[next + 2]!;
      words[at.failure + 2] = task;
      words[at.failure + 3] = text.length;
      for (let i = 0; i < text.length; i++) words[at.failure + 4 + i] = text.charCodeAt(i);
      Atomics.store(words, at.failed, 2);
    }
    Atomics.notify(words, next + 1);
    return false;
  }
}

/**
 * A worker: makes the kernels on the memory of all, says so, and joins every run. Never returns; whoever started the worker
 * ends it.
 *
 * @param run {@link runSteps}
 */
export function threadMain(start: ThreadStart, ready: () => void, run: typeof runSteps): void {
  const words = start.words;
  const at = start.at;
  const exports = new WebAssembly.Instance(start.module, { env: { memory: start.memory } }).exports;
  const kernels: Kernel[] = [];
  for (let i = 0; i < start.names.length; i++) kernels.push(exports[start.names[i]!] as Kernel);
  let past = Atomics.load(words, at.sequence);
  ready();
  for (;;) {
    let sequence = Atomics.load(words, at.sequence);
    const began = performance.now();
    while (sequence === past || (sequence & 1) === 0) {
      let spins = 0;
      while (sequence === Atomics.load(words, at.sequence) && spins < 500) spins++;
      if (spins === 500 && performance.now() - began > at.spinMilliseconds) Atomics.wait(words, at.sequence, sequence);
      sequence = Atomics.load(words, at.sequence);
    }
    past = sequence;
    // Inside first, then another look: the caller closes the run first, then looks whether anyone is inside.
    Atomics.add(words, at.inside, 1);
    if (Atomics.load(words, at.sequence) === sequence) run(words, at, kernels, start.thread, true, Infinity);
    Atomics.sub(words, at.inside, 1);
    if (Atomics.load(words, at.sleepers) > 0) Atomics.notify(words, at.inside);
  }
}
