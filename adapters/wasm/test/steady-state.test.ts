import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stock, StockOptions } from './steady-program.ts';

const steps = 200;
const root = fileURLToPath(new URL('../../..', import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'selfcure-steady-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  const source = (path: string): string => join(root, path, 'src/index.ts');
  await build({
    entryPoints: [fileURLToPath(new URL('steady-program.ts', import.meta.url))],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['@tensorflow/*'],
    alias: {
      '@selfcure/core': source('packages/core'),
      '@selfcure/models': source('packages/models'),
      '@selfcure/tensor': source('packages/tensor'),
      '@selfcure/tfjs': source('adapters/tfjs'),
      '@selfcure/wasm': source('adapters/wasm'),
    },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    logLevel: 'error',
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function takeStock(options: Omit<StockOptions, 'folder' | 'steps'>): Promise<Stock> {
  const given: StockOptions = { ...options, folder, steps };
  const program = [join(folder, 'steady-program.mjs'), JSON.stringify(given)];
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', ...program], { timeout: 50_000 });
  return JSON.parse(stdout) as Stock;
}

/**
 * Bytes that are alive in a snapshot, by type of object. Without machine code and what the engine notes down about code: it
 * compiles when it sees fit.
 */
function liveBytes(name: string): Map<string, number> {
  const { snapshot, nodes } = JSON.parse(readFileSync(join(folder, `${name}.heapsnapshot`), 'utf8')) as {
    snapshot: { meta: { node_fields: string[]; node_types: [string[], ...unknown[]] } };
    nodes: number[];
  };
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [typeAt, sizeAt] = [fields.indexOf('type'), fields.indexOf('self_size')];
  const bytes = new Map<string, number>();
  for (let i = 0; i < nodes.length; i += fields.length) {
    const type = types[0][nodes[i + typeAt]!]!;
    if (type !== 'code' && type !== 'hidden') bytes.set(type, (bytes.get(type) ?? 0) + nodes[i + sizeAt]!);
  }
  return bytes;
}

/** Bytes by which the steps made a thread's heap grow. */
function growth(thread: string): { total: number; types: Record<string, number> } {
  const before = liveBytes(`${thread}-before`);
  const types = [...liveBytes(`${thread}-after`)].map(([type, bytes]): [string, number] => [
    type,
    bytes - (before.get(type) ?? 0),
  ]);
  return { total: types.reduce((sum, [, bytes]) => sum + bytes, 0), types: Object.fromEntries(types) };
}

/** What the steps would have kept had each kept a pointer. */
const pointers = 8 * steps;

/** Bytes of the frame of an asynchronous function, which depend on whether the engine has compiled it; an array has over 200. */
const frame = 128;

describe.each([1, 2])('training on %i thread(s)', (threads) => {
  it('keeps no byte of a step and makes nothing but its outputs', async () => {
    const { before, after, allocated } = await takeStock({ threads, careless: false });
    expect(after).toEqual(before);
    for (const thread of threads > 1 ? ['main', 'thread'] : ['main']) {
      const { total, types } = growth(thread);
      expect(total, `${thread}: ${JSON.stringify(types)}`).toBeLessThan(pointers);
    }
    // Threads that wait look at the clock, whose numbers are objects.
    if (threads === 1) expect(allocated.step - allocated.returned).toBeLessThan(frame);
  });
});

describe('the measurement', () => {
  it('sees an object that every step keeps and one that it drops', async () => {
    const { allocated } = await takeStock({ threads: 1, careless: true });
    expect(growth('main').total).toBeGreaterThan(3 * pointers);
    expect(allocated.step - allocated.returned).toBeGreaterThan(frame);
  });
});
