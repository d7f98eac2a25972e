/**
 * Where things stand in the words that threads share. What several threads write is a cache line apart.
 *
 * A step takes a line: next task, tasks done, kernel, address of its parameters, number of tasks.
 */
export interface ControlLayout {
  /** Number of the run; odd while threads may join it. Threads sleep on it between runs. */
  readonly sequence: number;
  /** Threads beside the calling one that may be reading steps. */
  readonly inside: number;
  /** Threads asleep inside a run: without any, nobody needs to be woken. */
  readonly sleepers: number;
  /** 0, or 1 while a failure is being described, or 2. */
  readonly failed: number;
  /** Number of steps. */
  readonly steps: number;
  /** Address of the scratch memory of the first thread. */
  readonly scratch: number;
  /** Bytes of scratch memory a thread. */
  readonly scratchBytes: number;
  /** The failure: thread, kernel, task, length of the text, its UTF-16 units. */
  readonly failure: number;
  /** Units of text that there is room for. */
  readonly textWords: number;
  readonly firstStep: number;
  readonly stepWords: number;
  /** Steps that there is room for; longer programs run in parts. */
  readonly capacity: number;
  /** A thread that waits spins for so long, then sleeps: waking one takes some 50 microseconds. */
  readonly spinMilliseconds: number;
}

/** Words of a cache line. */
const line = 16;

export const controlLayout: ControlLayout = {
  sequence: 0,
  inside: line,
  sleepers: 2 * line,
  failed: 3 * line,
  steps: 4 * line,
  scratch: 4 * line + 1,
  scratchBytes: 4 * line + 2,
  failure: 5 * line,
  textWords: 15 * line - 4,
  firstStep: 20 * line,
  stepWords: line,
  capacity: 1024,
  spinMilliseconds: 0.3,
};

/** What went wrong on a thread. */
export interface ThreadFailure {
  readonly thread: number;
  readonly kernel: number;
  /** -1 where it was waiting for others. */
  readonly task: number;
  readonly text: string;
}

/** Words that threads share, all 0. */
export function createControl(): Int32Array<SharedArrayBuffer> {
  const { firstStep, stepWords, capacity } = controlLayout;
  return new Int32Array(new SharedArrayBuffer(4 * (firstStep + capacity * stepWords)));
}

/** The failure that a thread has described; null without one. */
export function readFailure(words: Int32Array): ThreadFailure | null {
  const { failed, failure } = controlLayout;
  if (Atomics.load(words, failed) !== 2) return null;
  const text = words.subarray(failure + 4, failure + 4 + words[failure + 3]!);
  return {
    thread: words[failure]!,
    kernel: words[failure + 1]!,
    task: words[failure + 2]!,
    text: String.fromCharCode(...text),
  };
}
