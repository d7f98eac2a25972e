import type { Worker as NodeWorker } from 'node:worker_threads';
import { WasmThreadError } from '../errors.ts';
import { nodeBuiltin } from '../node-builtin.ts';
import { runSteps, threadMain } from './thread.ts';
import type { ThreadStart } from './thread.ts';

/** A started worker. */
export interface StartedWorker {
  /** Ends it, wherever it stands. Resolves when it has ended where the platform tells. */
  terminate(): Promise<void>;
}

/**
 * The program of a worker, as text: a file of its own would have to be found again after every bundler has moved or renamed
 * it, and bundlers know different spellings for that. The functions stand alone, so their text, minified or not, is all it
 * takes.
 */
const programOf = (start: string, ready: string): string =>
  `(${String(threadMain)})(${start}, ${ready}, ${String(runSteps)});`;

/**
 * Starts a thread and waits until it is ready for runs. In Node it keeps no process alive.
 *
 * @param onEnd is told why a thread that was ready has ended.
 * @throws WasmThreadError where it does not start.
 */
export async function startWorker(start: ThreadStart, onEnd: (reason: string) => void): Promise<StartedWorker> {
  const threads = nodeBuiltin('node:worker_threads');
  return threads ? startInNode(threads.Worker, start, onEnd) : startInBrowser(start, onEnd);
}

async function startInNode(
  Worker: typeof NodeWorker,
  start: ThreadStart,
  onEnd: (reason: string) => void,
): Promise<StartedWorker> {
  const source =
    `const { workerData, parentPort } = require('node:worker_threads');\n` +
    programOf('workerData', '() => parentPort.postMessage(0)');
  // Without the flags of this process: they load what programs want, which a thread of kernels does not.
  let worker: NodeWorker;
  try {
    worker = new Worker(source, { eval: true, workerData: start, execArgv: [], name: `wasm ${start.thread}` });
  } catch (cause) {
    throw notStarted(start.thread, messageOf(cause), cause);
  }
  let reason = '';
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', (code) => {
      onEnd(reason || `it ended with code ${code}`);
      resolve();
    });
  });
  worker.on('error', (error: unknown) => {
    reason = messageOf(error);
  });
  const ready = new Promise<void>((resolve) => worker.once('message', () => resolve()));
  await Promise.race([ready, ended.then(() => Promise.reject(notStarted(start.thread, reason)))]);
  worker.unref();
  return {
    terminate: async () => {
      // Else the process may end before this resolves.
      worker.ref();
      await worker.terminate();
    },
  };
}

async function startInBrowser(start: ThreadStart, onEnd: (reason: string) => void): Promise<StartedWorker> {
  const source = `onmessage = ({ data }) => ${programOf('data', '() => postMessage(0)')}`;
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  try {
    const worker = new Worker(url, { name: `wasm ${start.thread}` });
    await new Promise<void>((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onmessageerror = () => reject(notStarted(start.thread, 'it cannot receive the kernels'));
      worker.onerror = ({ message }) =>
        // A blocked worker says nothing.
        reject(notStarted(start.thread, message || "a Content-Security-Policy must allow 'worker-src blob:'"));
      worker.postMessage(start);
    }).catch((error: unknown) => {
      worker.terminate();
      throw error;
    });
    worker.onerror = ({ message }) => onEnd(message);
    return { terminate: async () => worker.terminate() };
  } catch (cause) {
    throw cause instanceof WasmThreadError ? cause : notStarted(start.thread, messageOf(cause), cause);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function notStarted(thread: number, reason: string, cause?: unknown): WasmThreadError {
  return new WasmThreadError(
    `thread ${thread} did not start: ${reason}. Use wasm({ threads: 1 }) where threads cannot be had`,
    { cause },
  );
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
