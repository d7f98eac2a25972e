/** The service as a server of Node: slices in this process, runs in a folder. A server that is started again goes on with them. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { fileSystemStore } from '@selfcure/slices/node';
import { wasm } from '@selfcure/wasm';
import type { Message } from './platform.ts';
import { createRuns } from './runs.ts';
import { createService } from './service.ts';

/** Options of {@link startServer}. */
export interface ServerOptions {
  /** Where runs are kept. */
  readonly folder: string;
  readonly token: string;
  /** Default: any that is free. */
  readonly port?: number;
  /** Milliseconds of a slice: runs that are under way take turns. Default 5000. */
  readonly slice?: number;
  readonly report?: (error: unknown) => void;
}

/** Starts the server; `close` ends it when the slice under way has saved. */
export async function startServer(options: ServerOptions): Promise<{ url: string; close(): Promise<void> }> {
  const { folder, token, port = 0, slice = 5000, report = console.error } = options;
  const queue: Message[] = [];
  let closed = false;
  let working: Promise<void> = Promise.resolve();
  let wake = (): void => {};

  const send = async (message: Message, delay: number): Promise<void> => {
    const timer = setTimeout(() => {
      queue.push(message);
      wake();
    }, delay);
    timer.unref();
  };
  const runs = createRuns({ store: fileSystemStore(folder), send, openBackend: () => wasm(), report });

  /** One slice after the other, until the server is closed. */
  const work = async (): Promise<void> => {
    while (!closed) {
      const message = queue.shift();
      if (!message) await new Promise<void>((resolve) => (wake = resolve));
      // A slice that throws has met a full disk or the like: later it may work.
      else await runs.advance(message, Date.now() + slice).catch(() => send(message, 10_000));
    }
  };

  const app = createService({ runs, token, report, interval: 250 });
  const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }) as Server;
  server.requestTimeout = 30_000;
  await once(server, 'listening');
  for (const runId of await runs.active()) await send({ runId }, 0);
  working = work();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      closed = true;
      wake();
      await working;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
