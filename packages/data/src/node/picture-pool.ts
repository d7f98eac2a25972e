import { availableParallelism } from 'node:os';

import type { Tinypool } from 'tinypool';

import { checkChoice, checkWhole } from '../error/check.ts';
import { DataError } from '../error/data-error.ts';
import type { PictureOrder, PicturePool } from '../table/picture-pool.ts';
import { pictureProgram } from './picture-program.ts';
import type { PictureResult, PictureTask } from './picture-tasks.ts';
import { decoderNames, pictureTasks } from './picture-tasks.ts';
import { sharpDecoder } from './sharp-decoder.ts';

/** Options of {@link picturePool}. */
export interface PicturePoolOptions {
  /** Threads that decode, 0 to 64. 0 decodes in the thread that asks. Default: one for each processor that there is, at most 8. */
  readonly threads?: number;
  /** `'portable'` (default) as {@link portableDecoder}, or `'sharp'` as {@link sharpDecoder}. */
  readonly decoder?: (typeof decoderNames)[number];
  /**
   * Folder where finished pictures are kept between epochs and runs, as many bytes each as they have values. Default: none. Several pools and processes may
   * share it.
   */
  readonly store?: string;
  /** The program of the threads, where a bundler has moved `@selfcure/data/picture-worker`. */
  readonly program?: URL;
}

/** Most pictures of one task: more would only wait for memory. */
const longestTask = 1024;

/**
 * Opens threads that read, decode, crop and resize the pictures of {@link tableDataset} while an engine computes. Order and bits
 * of the pictures are the same with any number of threads. What waits is bounded by what is asked for: training asks for two batches
 * ahead, of which a thread holds a part each.
 *
 * A thread that ends by itself ends the pool, and every read fails with `lost-thread`.
 *
 * @throws DataError where an option is out of range, or sharp is asked for and not installed.
 * @example
 * const pool = await picturePool({ threads: 2 });
 * const train = cachedImages(await tableDataset(table, { split: 'train', size: 100, pool }));
 */
export async function picturePool(options: PicturePoolOptions = {}): Promise<PicturePool> {
  const { threads = Math.min(8, availableParallelism()), decoder = 'portable', store } = options;
  checkWhole('threads', threads, 0, 64);
  checkChoice('decoder', decoder, decoderNames);
  if (decoder === 'sharp') await sharpDecoder(); // here and not with the first picture
  const task = (order: PictureOrder): PictureTask => ({ ...order, decoder, store: store ?? null });
  const { run, close } =
    threads === 0 ? inThisThread() : await inThreads(threads, options.program ?? (await pictureProgram()));
  return {
    threads,
    decoder,
    async make(order) {
      const { pictures } = order;
      const length = Math.min(longestTask, Math.max(1, Math.ceil(pictures.length / Math.max(1, threads))));
      const parts: Promise<PictureResult>[] = [];
      for (let start = 0; start < pictures.length; start += length)
        parts.push(run(task({ ...order, pictures: pictures.slice(start, start + length) })));
      return joined(await Promise.all(parts));
    },
    close,
  };
}

/** Parts in their order; the first fault is thrown. */
function joined(parts: readonly PictureResult[]): Uint8Array {
  const pixels = parts.map((part) => {
    if ('fault' in part) throw new DataError(part.fault);
    return part.pixels;
  });
  if (pixels.length === 1) return pixels[0]!;
  const out = new Uint8Array(pixels.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of pixels) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Where tasks run. */
interface Runner {
  readonly run: (task: PictureTask) => Promise<PictureResult>;
  readonly close: () => Promise<void>;
}

const closedPool = (): DataError =>
  new DataError({
    code: 'closed',
    source: 'picturePool',
    problem: 'the pool was closed while pictures were asked of it',
    remedy: 'Close it after the last read, or open another',
  });

function inThisThread(): Runner {
  const make = pictureTasks();
  let closed = false;
  return {
    run: async (task) => {
      if (closed) throw closedPool();
      return make(task);
    },
    async close() {
      closed = true;
    },
  };
}

async function inThreads(threads: number, program: URL): Promise<Runner> {
  const { Tinypool: Pool } = await import('tinypool');
  const pool: Tinypool = new Pool({
    filename: program.href,
    name: 'makePictures',
    minThreads: threads,
    maxThreads: threads,
    // A part of the batch that is asked for next waits in the thread: this one cannot hand it over while it computes.
    concurrentTasksPerWorker: 2,
    // Without the flags of this process: they load what programs want.
    execArgv: [],
  });
  // destroy() of the pool breaks where a thread fails while it waits for the others.
  const terminate = async (): Promise<void> =>
    void (await Promise.all(pool.threads.map((thread) => thread.terminate())));
  let end: DataError | null = null;
  const waiting = new Set<(error: DataError) => void>();
  const finish = (error: DataError): void => {
    end ??= error;
    for (const reject of waiting) reject(end);
    waiting.clear();
  };
  const lost = (cause: unknown): void => {
    if (end !== null) return;
    const reason = cause instanceof Error ? cause.message : `exit code ${String(cause)}`;
    finish(
      new DataError({
        code: 'lost-thread',
        source: 'picturePool',
        problem: `a thread that makes pictures has ended: ${reason}`,
        remedy:
          'Open another pool; with fewer threads where memory ran out, or with threads: 0 to see the error where it happens',
        cause,
      }),
    );
    void terminate();
  };
  pool.on('error', lost);
  for (const thread of pool.threads) {
    thread.on('error', lost);
    thread.on('exit', lost);
  }
  return {
    run: (task) =>
      new Promise((resolve, reject) => {
        if (end !== null) {
          reject(end);
          return;
        }
        waiting.add(reject);
        pool
          .run(task)
          .then(resolve, (cause: Error) => reject(end ?? cause))
          .finally(() => waiting.delete(reject));
      }),
    async close() {
      if (end !== null) return;
      finish(closedPool());
      await terminate();
    },
  };
}
