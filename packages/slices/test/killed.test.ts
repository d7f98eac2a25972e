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
import type { TrainState } from '@selfcure/core';
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

/** How a run is cut. */
interface Cut {
  readonly slices: string;
  readonly epochs: number;
  readonly task: Omit<ProgramTask, 'kernels' | 'place' | 'count' | 'epochs' | 'dies'>;
  /** Where third slices die: by themselves at a call of the store, from the lease to the removal of old parts, or by another's hand. */
  readonly deaths: readonly (NonNullable<ProgramTask['dies']> | number)[];
  readonly least: { readonly kills: number; readonly slices: number; readonly share: number };
}

/** Takes a minute or more: for `npm run test:full`. */
const twoSeconds: Cut = {
  slices: 'slices of 2 seconds',
  epochs: 90,
  task: { pause: 50, atMost: 2000, lease: 2500 },
  // Each comes in any slice, however slow the machine is: it takes the lease, trains a step, and saves.
  deaths: [
    { at: 1, of: 'set', carriedOut: false },
    { at: 2, of: 'compareAndSet', carriedOut: true },
    30,
    { at: 2, of: 'set', carriedOut: true },
    { at: 1, of: 'compareAndSet', carriedOut: true },
    { at: 2, of: 'compareAndSet', carriedOut: false },
  ],
  least: { kills: 3, slices: 9, share: 0.3 },
};

const cuts: readonly Cut[] = [
  {
    slices: 'short slices',
    epochs: 18,
    task: { pause: 20, training: 300, atMost: 4000, lease: 700 },
    deaths: [
      { at: 30, carriedOut: false },
      60,
      { at: 2, carriedOut: true },
      { at: 24, carriedOut: true },
      130,
      { at: 36, carriedOut: true },
    ],
    least: { kills: 2, slices: 6, share: 0 },
  },
  ...(process.env['SELFCURE_THOROUGH'] ? [twoSeconds] : []),
];

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

/** Slices of one run, each in a process of its own, of which every third is killed, until the run is finished. */
async function trainInSlices(
  { epochs, task, deaths }: Cut,
  place: ProgramTask['place'],
): Promise<{ kills: number; cursors: SliceCursor[] }> {
  const cursors: SliceCursor[] = [];
  let kills = 0;
  let doomed = 0;
  for (let sinceKill = 0; cursors.at(-1)?.status !== 'finished';) {
    // One that was over before its death is followed by another that is to die.
    const death = sinceKill >= 2 ? deaths[doomed++ % deaths.length]! : null;
    const dies = death !== null && typeof death !== 'number' && { dies: death };
    const { signal, lines } = await run({ ...task, place, epochs, ...dies }, typeof death === 'number' ? death : null);
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
  cut: Cut,
  whole: TrainState,
  { kills, cursors }: Awaited<ReturnType<typeof trainInSlices>>,
): Promise<void> {
  const { epochs, least } = cut;
  const { cursor, state } = await loadRun({ store, runId });
  expect(bitsOf(state!)).toEqual(bitsOf(whole));
  expect(state!.ledger.log.length).toBeGreaterThan(0);
  expect(state!.history).toHaveLength(epochs);
  expect(kills, JSON.stringify(cursors)).toBeGreaterThanOrEqual(least.kills);
  expect(kills + cursors.length).toBeGreaterThanOrEqual(least.slices);
  expect(kills).toBeGreaterThanOrEqual(Math.floor(least.share * (kills + cursors.length)));
  console.info(`${store.name}: ${cut.slices}, ${kills + cursors.length} of them, ${kills} killed`);
  // Whoever was killed had the lease, and its successor another one; the last may have died after the run was finished.
  const { fence } = JSON.parse(Buffer.from((await store.get(`${runId}/head`))!).toString()) as { fence: number };
  expect(fence).toBeGreaterThanOrEqual(kills + cursors.length - 1);
  for (const [i, { generation }] of cursors.entries())
    if (i) expect(generation).toBeGreaterThan(cursors[i - 1]!.generation);

  const before = await contentOf(store, runId);
  const open = (): never => {
    throw new Error('the engine was opened');
  };
  // Messages of slices that were trained before, and of the last one.
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => {
      const seen = cursors[i % (cursors.length + 1)];
      return trainSlice({ store, runId, train: open, ...(seen && { cursor: seen }) });
    }),
  );
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
describe.each(cuts)('a run in $slices of which every third is killed ends as the uninterrupted run', (cut) => {
  let whole: TrainState;
  beforeAll(async () => {
    const backend = await wasm({ module: await WebAssembly.compile(await readFile(kernels)) });
    whole = (await train(longTraining(backend, cut.epochs))).state;
  }, 300_000);

  describe.concurrent('on', { timeout: 1_800_000 }, () => {
    it('the file system', async () => {
      const place = { folder: join(folder, `runs-${cut.epochs}`) };
      await checkRun(fileSystemStore(place.folder), cut, whole, await trainInSlices(cut, place));
    });

    it.skipIf(noRedis !== null)(`Redis${noRedis ? ` [absent: ${noRedis}]` : ''}`, async () => {
      const server = await startRedis();
      const client = new Redis(server.port, '127.0.0.1');
      try {
        await checkRun(redisStore(client), cut, whole, await trainInSlices(cut, { redis: server.port }));
      } finally {
        client.disconnect();
        await server.close();
      }
    });
  });
});
