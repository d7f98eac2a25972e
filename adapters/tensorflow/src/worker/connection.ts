import { SHARE_ENV, Worker } from 'node:worker_threads';
import type { JoinSettings } from '../cluster.ts';
import { TensorFlowWorkerError } from '../errors.ts';
import { abortCollectives } from '../native/abort-collectives.ts';
import type { Located } from '../native/location.ts';
import { openTensorFlow } from '../native/open.ts';
import type { OpenSettings } from '../native/open.ts';
import { joinCluster } from './cluster-member.ts';
import { createMachine } from './machine.ts';
import { workerMain } from './main.ts';
import type { Greeting } from './main.ts';
import type { Failure, Reply, Request } from './messages.ts';

/** The host's end of a worker. */
export interface Connection {
  readonly greeting: Greeting;
  /**
   * Asks the worker; requests are answered in their order.
   *
   * @param fail makes the error of a failure.
   * @param transfer memory that the request gives away.
   */
  ask<T>(request: Request, fail: (failure: Failure) => Error, transfer?: ArrayBuffer[]): Promise<T>;
  /** The same without an answer: of what cannot fail, or where nobody would care. */
  tell(request: Request): void;
  /** Why the worker takes no requests any more; null while it does. */
  ended(): Error | null;
  close(): Promise<void>;
}

/**
 * The program of the worker, as text: a file of its own could be found neither among sources that are not JavaScript yet nor
 * after a bundler has moved it. The functions stand alone, so their text, minified or not, is all it takes.
 */
const source = (): string =>
  `const { parentPort, workerData } = require('node:worker_threads');\n` +
  `const open = () => (${String(openTensorFlow)})(workerData.located, workerData.settings, require);\n` +
  `const join = (binding) => workerData.cluster && (${String(joinCluster)})(binding, workerData.cluster);\n` +
  `(${String(workerMain)})(parentPort, open, join, ${String(createMachine)});`;

/**
 * Starts a thread with a TensorFlow of its own: operations block the thread that they are called from. It keeps no process
 * alive while nothing is asked of it.
 *
 * @param failed makes the error of a TensorFlow that does not open.
 * @param cluster workers to join before anything is computed; null for none.
 * @throws TensorFlowWorkerError where the thread ends before it is ready.
 */
export async function connect(
  located: Located,
  settings: OpenSettings,
  failed: (failure: Failure) => Error,
  cluster: JoinSettings | null = null,
): Promise<Connection> {
  const worker = new Worker(source(), {
    eval: true,
    workerData: { located, settings, cluster },
    // The library reads its settings from the environment of the process, which a copy does not reach.
    env: SHARE_ENV,
    execArgv: [],
    name: 'tensorflow',
  });
  interface Pending {
    resolve(value: never): void;
    reject(error: Error): void;
    fail(failure: Failure): Error;
    readonly timer: NodeJS.Timeout | undefined;
  }
  const pending = new Map<number, Pending>();
  let next = 0;
  let end: Error | null = null;
  let closing = false;
  let reason = '';

  /** Ends the collectives of this process, should they take as long as this: whoever has not come by then does not come. */
  const abortAfter = (milliseconds: number, why: string): NodeJS.Timeout =>
    setTimeout(() => abortCollectives(located, why), milliseconds).unref();
  let leaving: NodeJS.Timeout | undefined;
  const leave = (): void => {
    if (cluster) leaving ??= abortAfter(cluster.timeoutMs, `worker ${cluster.index} does not wait any longer`);
  };
  const settle = (id: number): Pending | undefined => {
    const waiting = pending.get(id);
    pending.delete(id);
    clearTimeout(waiting?.timer);
    if (pending.size > 0) return waiting;
    if (closing) leave();
    else worker.unref();
    return waiting;
  };
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', (code) => {
      end ??= new TensorFlowWorkerError(
        closing
          ? 'the backend was closed. Open another'
          : `TensorFlow's thread has ended: ${reason || `exit code ${code}`}. Its states are lost: open another backend and go on ` +
              'from the last checkpoint',
      );
      clearTimeout(leaving);
      for (const { reject, timer } of pending.values()) {
        clearTimeout(timer);
        reject(end);
      }
      pending.clear();
      resolve();
    });
  });
  worker.on('error', (error: unknown) => {
    reason = error instanceof Error ? error.message : String(error);
  });
  worker.on('message', ({ id, value, failure }: Reply) => {
    const waiting = settle(id);
    if (failure) waiting?.reject(waiting.fail(failure));
    else waiting?.resolve(value as never);
  });
  const expect = <T>(id: number, fail: (failure: Failure) => Error, timer?: NodeJS.Timeout): Promise<T> =>
    new Promise((resolve, reject) => {
      worker.ref();
      pending.set(id, { resolve, reject, fail, timer });
    });

  const greeting = await expect<Greeting>(next++, failed);
  const ask: Connection['ask'] = async (request, fail, transfer = []) => {
    if (end) throw end;
    const id = next++;
    worker.postMessage({ id, request }, transfer);
    const waits = cluster !== null && request.do === 'run';
    const timer = waits ? abortAfter(cluster.waitMs, `no all-reduce within ${cluster.waitMs / 1000} s`) : undefined;
    return expect(id, fail, timer);
  };
  return {
    greeting,
    ask,
    tell: (request) => {
      if (!end) worker.postMessage({ id: next++, request });
    },
    ended: () => end,
    close: async () => {
      if (!closing) {
        closing = true;
        if (!end) worker.postMessage({ id: next++, request: { do: 'close' } });
        end ??= new TensorFlowWorkerError('the backend was closed. Open another');
        worker.ref();
        if (pending.size === 0) leave();
      }
      await exited;
    },
  };
}
