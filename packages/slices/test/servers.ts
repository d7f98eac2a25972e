/**
 * Servers that tests start for themselves. Not every machine has them: their tests are skipped with the reason, or, where
 * `SELFCURE_ENGINES=all` says that the machine must have everything, the absence is a failure.
 *
 * @module
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { it } from 'vitest';

/** A server of this process. */
export interface Server {
  readonly port: number;
  close(): Promise<void>;
}

const redisProgram = 'redis-server';
const python = process.env['SELFCURE_PYTHON'] ?? 'python3';

function whyNot(program: string, args: readonly string[], remedy: string): string | null {
  const { error, status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error) return `${program}: ${error.message}. ${remedy}`;
  return status === 0 ? null : `${program} ${args.join(' ')}: ${stderr.trim().split('\n').at(-1)}. ${remedy}`;
}

/** Why no Redis can be started here; null where it can. */
export const noRedis: string | null = whyNot(
  redisProgram,
  ['--version'],
  'Debian has it: apt-get install redis-server',
);

/** Why no S3 can be started here; null where it can. */
export const noS3: string | null = whyNot(
  python,
  ['-c', 'import moto.server, werkzeug'],
  "pip install 'moto[s3,server]>=5.2', and name its interpreter in SELFCURE_PYTHON",
);

/** Declares the absence of something as a failure where everything is demanded, and says it otherwise. */
export function demand(name: string, absence: string | null): void {
  if (absence === null) return;
  if (process.env['SELFCURE_ENGINES'] !== 'all') {
    console.warn(`${name} is absent, its tests are skipped: ${absence}`);
    return;
  }
  it(`${name} is available`, () => {
    throw new Error(`SELFCURE_ENGINES=all, and ${name} is absent: ${absence}`);
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Starts Redis on a free port, without a disk. */
export async function startRedis(): Promise<Server> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'selfcure-redis-'));
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn(redisProgram, args, { stdio: 'ignore' });
  const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null, retryStrategy: () => 50 });
  client.on('error', () => {});
  await client.ping();
  client.disconnect();
  return {
    port,
    close: async () => {
      await end(child);
      rmSync(folder, { recursive: true });
    },
  };
}

// One request at a time: moto looks at a condition and writes in two steps.
const s3Program = `
from werkzeug.serving import make_server
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
server = make_server('127.0.0.1', 0, DomainDispatcherApplication(create_backend_app), threaded=False)
print(server.port, flush=True)
server.serve_forever()
`;

/** Starts an S3 in memory (moto of PyPI) on a free port. */
export async function startS3(): Promise<Server> {
  const child = spawn(python, ['-c', s3Program], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { port: Number(line), close: () => end(child) };
}
