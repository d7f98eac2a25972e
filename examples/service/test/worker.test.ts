/** The service on workerd: kernels compiled beforehand, runs in a bucket, slices from a queue. Bundled from the sources. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { train } from '@selfcure/core';
import { loadRun } from '@selfcure/slices';
import { wasm } from '@selfcure/wasm';
import { bitsOf } from '../../../packages/slices/test/training.ts';
import type { R2Bucket } from '../r2-store.ts';
import { r2Store } from '../r2-store.ts';
import { parseRunRequest, trainingOf } from '../run-request.ts';
import { asJson, authorized, eventsIn, smallRun, token } from './session.ts';

const root = resolve(import.meta.dirname, '../../..');
/** Made by `npm run kernels`, which tests run first. */
const kernels = join(root, 'adapters/wasm/src/binary/simd.wasm');
let folder: string;
let miniflare: Miniflare;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'selfcure-worker-'));
  await build({
    entryPoints: [join(root, 'examples/service/worker.ts')],
    outfile: join(folder, 'worker.mjs'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    loader: { '.wasm': 'copy' },
    logLevel: 'error',
    plugins: [
      {
        // What the condition `workerd` of the published packages resolves to, in the sources.
        name: 'sources',
        setup: ({ onResolve }) => {
          onResolve({ filter: /^@selfcure\/wasm\/kernels\/simd\.wasm$/ }, () => ({
            path: './simd.wasm',
            external: true,
          }));
          onResolve({ filter: /^@selfcure\/[a-z]+$/ }, ({ path }) => {
            const name = path.slice('@selfcure/'.length);
            const place = name === 'wasm' ? 'adapters/wasm/src/precompiled.ts' : `packages/${name}/src/index.ts`;
            return { path: join(root, place) };
          });
        },
      },
    ],
  });
  miniflare = new Miniflare({
    modulesRoot: folder,
    modules: [
      { type: 'ESModule', path: join(folder, 'worker.mjs') },
      { type: 'CompiledWasm', path: join(folder, 'simd.wasm'), contents: readFileSync(kernels) },
    ],
    compatibilityDate: '2026-04-01',
    bindings: { SELFCURE_TOKEN: token, SLICE: 50 },
    r2Buckets: ['RUNS'],
    queueProducers: { QUEUE: 'slices' },
    queueConsumers: { slices: { maxBatchSize: 1, maxBatchTimeout: 0 } },
  });
  await miniflare.ready;
}, 180_000);

afterAll(async () => {
  await miniflare?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

it('trains a run in slices, streams it and serves what came of it', async () => {
  const body = { ...smallRun, epochs: 6 };
  const created = await miniflare.dispatchFetch('http://service/runs', {
    method: 'POST',
    headers: asJson,
    body: JSON.stringify(body),
  });
  expect(created.status).toBe(202);
  const { runId } = (await created.json()) as { runId: string };
  const stream = await (await miniflare.dispatchFetch(`http://service/runs/${runId}`, { headers: authorized })).text();
  const events = eventsIn(stream);
  expect(events.at(-1)).toMatchObject({ event: 'end', data: { status: 'finished', epoch: 7 } });
  expect(events.at(-1)!.data.generation).toBeGreaterThan(1);

  const store = r2Store((await miniflare.getR2Bucket('RUNS')) as unknown as R2Bucket);
  const { state } = await loadRun({ store, runId });
  const backend = await wasm({ module: await WebAssembly.compile(readFileSync(kernels)) });
  const alone = await train(trainingOf(parseRunRequest(body), backend));
  expect(bitsOf(state!)).toEqual(bitsOf(alone.state));

  const report = await miniflare.dispatchFetch(`http://service/runs/${runId}/report`, { headers: authorized });
  expect(await report.text()).toContain('96 training images, 7 classes');
  expect((await miniflare.dispatchFetch(`http://service/runs/${runId}`)).status).toBe(401);
  const refused = await miniflare.dispatchFetch('http://service/runs', {
    method: 'POST',
    headers: asJson,
    body: '{"data":1}',
  });
  expect(refused.status).toBe(400);
}, 180_000);
