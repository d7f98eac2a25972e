/** The service on workerd: requests and slices in one worker, runs in an R2 bucket, slices delivered by a queue. */
import { wasm } from '@selfcure/wasm';
import kernels from '@selfcure/wasm/kernels/simd.wasm';
import type { Message } from './platform.ts';
import { r2Store } from './r2-store.ts';
import type { R2Bucket } from './r2-store.ts';
import { createRuns } from './runs.ts';
import type { Runs } from './runs.ts';
import { createService } from './service.ts';

/** Bindings of the worker. */
export interface Environment {
  readonly RUNS: R2Bucket;
  readonly QUEUE: { send(message: Message, options: { delaySeconds: number }): Promise<unknown> };
  readonly SELFCURE_TOKEN: string;
  /** Milliseconds of a slice; the platform limits the time that a delivery may compute. Default 10,000. */
  readonly SLICE?: number;
}

/** What is used of a batch of the queue. */
interface Batch {
  readonly messages: readonly { readonly body: Message; ack(): void; retry(options: { delaySeconds: number }): void }[];
}

const report = (error: unknown): void => console.error(error);

const runsOf = ({ RUNS, QUEUE }: Environment): Runs =>
  createRuns({
    store: r2Store(RUNS),
    send: async (message, delay) => {
      await QUEUE.send(message, { delaySeconds: Math.ceil(delay / 1000) });
    },
    openBackend: () => wasm({ module: kernels }),
    report,
  });

export default {
  fetch: (request: Request, env: Environment): Response | Promise<Response> =>
    createService({ runs: runsOf(env), token: env.SELFCURE_TOKEN, report, streamFor: 60_000 }).fetch(request),

  async queue({ messages }: Batch, env: Environment): Promise<void> {
    const runs = runsOf(env);
    for (const message of messages) {
      try {
        await runs.advance(message.body, Date.now() + (env.SLICE ?? 10_000));
        message.ack();
      } catch {
        message.retry({ delaySeconds: 10 });
      }
    }
  },
};
