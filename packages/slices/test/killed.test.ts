import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { train } from '@selfcure/core';
import { loadRun, redisStore, trainSlice } from '@selfcure/slices';
import type { SliceCursor, SliceStore } from '@selfcure/slices';
import { fileSystemStore } from '@selfcure/slices/node';
import { wasm } from '@selfcure/wasm';
import { demand, noRedis, startRedis } from './servers.ts';
import type { ProgramTask } from './slice-program.ts';
import { bitsOf, longTraining } from './training.ts';
import { contentOf } from './workers.ts';

const runId = 'killed';
const folder = mkdtempSync(join(tmpdir(), 'selfcure-killed-'));
const program = join(folder, 'slice.mjs');
const kernels = fileURLToPath(new URL('../../../adapters/wasm/src/binary/simd.wasm', import.meta.url));
let expected: ReturnType<typeof bitsOf>;

beforeAll(async () => {
  const source = (path: string): string => fileURLToPath(new URL(`../../../${path}.ts`, import.meta.url));
  await build({
    entryPoints: [fileURLToPath(new URL('slice-program.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['@tensorflow/*'],
    // ioredis is CommonJS and asks for Node's modules at run time.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    alias: {
      '@selfcure/core': source('packages/core/src/index'),
      '@selfcure/models': source('packages/models/src/index'),
      '@selfcure/slices': source('packages/slices/src/index'),
      '@selfcure/slices/node': source('packages/slices/src/node'),
      '@selfcure/tensor': source('packages/tensor/src/index'),
      '@selfcure/tfjs': source('adapters/tfjs/src/index'),
      '@selfcure/wasm': source('adapters/wasm/src/precompiled'),
    },
    logLevel: 'error',
  });
  expected = bitsOf(
    (await train(longTraining(await wasm({ module: await WebAssembly.compile(await readFile(kernels)) })))).state,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the program; `killAfter` kills it that many milliseconds after its first line. */
async function run(
  task: Omit<ProgramTask, 'kernels'>,
  killAfter: number | null = null,
): Promise<{ signal: string | null; lines: unknown[] }> {
  const child = spawn(process.execPath, [program, JSON.stringify({ ...task, kernels })], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: unknown[] = [];
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  createInterface(child.stdout).on('line', (line) => {
    lines.push(JSON.parse(line));
    if (lines.length === 1 && killAfter !== null) setTimeout(() => child.kill('SIGKILL'), killAfter);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`the program ended with ${code}: ${errors}`);
  return { signal, lines };
}

/** Where third slices die: by themselves at a call of the store, from the lease to the removal of old parts, or by another's hand. */
const deaths: readonly (NonNullable<ProgramTask['dies']> | number)[] = [
  { at: 30, carriedOut: false },
  60,
  { at: 2, carriedOut: true },
  { at: 24, carriedOut: true },
  130,
  { at: 36, carriedOut: true },
];

/** Slices of one run, each in a process of its own, of which every third is killed, until the run is finished. */
async function trainInSlices(place: ProgramTask['place']): Promise<{ kills: number; cursors: SliceCursor[] }> {
  const cursors: SliceCursor[] = [];
  let kills = 0;
  for (let sinceKill = 0; cursors.at(-1)?.status !== 'finished';) {
    const death = sinceKill >= 2 ? deaths[kills % deaths.length]! : null;
    const task = {
      place,
      training: 300,
      atMost: 4000,
      lease: 700,
      ...(death !== null && typeof death !== 'number' && { dies: death }),
    };
    const { signal, lines } = await run(task, typeof death === 'number' ? death : null);
    if (signal === 'SIGKILL') {
      kills++;
      sinceKill = 0;
      continue;
    }
    const cursor = lines.at(-1) as SliceCursor;
    if (cursor.status === 'busy') {
      await new Promise((resolve) => setTimeout(resolve, cursor.retryAfter!));
      continue;
    }
    sinceKill++;
    cursors.push(cursor);
  }
  return { kills, cursors };
}

async function checkRun(
  store: SliceStore,
  { kills, cursors }: Awaited<ReturnType<typeof trainInSlices>>,
): Promise<void> {
  const { cursor, state } = await loadRun({ store, runId });
  expect(bitsOf(state!)).toEqual(expected);
  expect(state!.ledger.log.length).toBeGreaterThan(0);
  expect(state!.history).toHaveLength(18);
  expect(kills, JSON.stringify(cursors)).toBeGreaterThanOrEqual(2);
  // Whoever was killed had the lease, and its successor another one; the last may have died after the run was finished.
  const { fence } = JSON.parse(Buffer.from((await store.get(`${runId}/head`))!).toString()) as { fence: number };
  expect(fence).toBeGreaterThanOrEqual(kills + cursors.length - 1);
  for (const [i, { generation }] of cursors.entries())
    if (i) expect(generation).toBeGreaterThan(cursors[i - 1]!.generation);

  const before = await contentOf(store, runId);
  const open = (): never => {
    throw new Error('the engine was opened');
  };
  const answers = await Promise.all(Array.from({ length: 100 }, () => trainSlice({ store, runId, train: open })));
  for (const answer of answers) expect(answer).toEqual(cursor);
  expect(await contentOf(store, runId)).toEqual(before);
}

it('no process loses the sum of another in a folder, nor one that is killed', async () => {
  const place = { folder: join(folder, 'sum') };
  const [killed] = await Promise.all([
    run({ place, count: 10_000 }, 150),
    run({ place, count: 40 }),
    run({ place, count: 40 }),
  ]);
  expect(killed.signal).toBe('SIGKILL');
  const sum = Number(Buffer.from((await fileSystemStore(place.folder).get('sum/head'))!).toString());
  // Its last addition may have come through without its answer.
  expect([80, 81]).toContain(sum - killed.lines.length);
});

demand('Redis', noRedis);
describe.concurrent('slices of which every third is killed end as the uninterrupted run', { timeout: 120_000 }, () => {
  it('file system', async () => {
    const place = { folder: join(folder, 'runs') };
    await checkRun(fileSystemStore(place.folder), await trainInSlices(place));
  });

  it.skipIf(noRedis !== null)(`Redis${noRedis ? ` [absent: ${noRedis}]` : ''}`, async () => {
    const server = await startRedis();
    const client = new Redis(server.port, '127.0.0.1');
    try {
      await checkRun(redisStore(client), await trainInSlices({ redis: server.port }));
    } finally {
      client.disconnect();
      await server.close();
    }
  });
});
