import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runQueue } from '../src/queue/names.ts';
import { serveRuns } from '../src/queue/serve-runs.ts';
import { openSubmission } from '../src/queue/submit-runs.ts';

/** A Redis whose version BullMQ refuses. */
const oldRedis = createServer((socket) => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  socket.on('data', (data) => {
    for (const command of data.toString().split(/^(?=\*\d+\r\n)/m)) {
      const name = command.split('\r\n')[2]?.toLowerCase();
      const info = 'redis_version:4.0.0\r\nmaxmemory_policy:noeviction\r\n';
      if (name === 'info') socket.write(`$${info.length}\r\n${info}\r\n`);
      else socket.write(name === 'ping' ? '+PONG\r\n' : '+OK\r\n');
    }
  });
});
const sockets = new Set<Socket>();
beforeEach(() => new Promise<void>((resolve) => oldRedis.listen(0, '127.0.0.1', resolve)));
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  return new Promise<void>((resolve) => oldRedis.close(() => resolve()));
});
const queue = () =>
  runQueue({ url: `redis://127.0.0.1:${(oldRedis.address() as AddressInfo).port}/`, prefix: 'p' }, 'wasm', 'faces');

test('an experiment lets go of a Redis that BullMQ refuses', async () => {
  await expect(openSubmission(queue(), { onTrouble: () => {} })).rejects.toThrow(/version.*4\.0\.0/);
  await vi.waitFor(() => expect(sockets.size).toBe(0), 3000);
});

test('a worker lets go of a Redis that BullMQ refuses', async () => {
  const nothing = (): void => {};
  const events = {
    onReady: nothing,
    onStart: nothing,
    onEpoch: nothing,
    onEnd: nothing,
    onFailure: nothing,
    onBack: nothing,
    onTrouble: nothing,
  };
  const options = { queue: queue(), engine: { backend: 'wasm' as const }, folder: null, concurrency: 1, lease: 30_000 };
  await expect(serveRuns(options, events, { program: 'none' })).rejects.toThrow(/version.*4\.0\.0/);
  await vi.waitFor(() => expect(sockets.size).toBe(0), 3000);
});
