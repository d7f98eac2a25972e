import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { engine as tfjsGlobal } from '@tensorflow/tfjs-core';
import { build } from 'esbuild';
import { sizeOf, slotName, trace } from '@selfcure/tensor';
import type { Backend, Graph, NamedArrays } from '@selfcure/tensor';
import { wasm, WasmThreadError } from '@selfcure/wasm';
import type { WasmOptions } from '@selfcure/wasm';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';

/** A training step that is large enough for steps of many tasks. */
const graph: Graph = trace((ops) => {
  const parameters = { filter: [3, 3, 8, 16], scale: [16], offset: [16], weights: [16, 5] } as const;
  const names = Object.keys(parameters) as (keyof typeof parameters)[];
  const zeros = { kind: 'constant', value: 0 } as const;
  const at = Object.fromEntries(names.map((name) => [name, ops.parameter(name, parameters[name], zeros)]));
  const y = ops.conv2d(ops.input('images', [8, 24, 24, 8]), at['filter']!, { padding: 1 });
  const normal = ops.bnApply(y, ops.bnStats(y, 1e-5), at['scale']!, at['offset']!, true);
  const pooled = ops.mean(ops.maxPool(ops.relu(normal), { size: 2 }), [1, 2]);
  const loss = ops.mean(ops.softmaxCrossEntropy(ops.matmul(pooled, at['weights']!), ops.input('targets', [8, 5])));
  const gradients = ops.gradients(
    loss,
    names.map((name) => at[name]!),
  );
  for (const name of names) {
    ops.slot(slotName(name, 'm'), parameters[name]);
    ops.slot(slotName(name, 'v'), parameters[name]);
  }
  ops.call('adam', [ops.full(0.05, []), ops.full(1, []), ops.full(1, []), ...gradients.map((gradient) => gradient!)], {
    parameters: names,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: names.map(() => 0),
    decoupled: false,
  });
  return { loss };
});

/** Numbers without a pattern, from a linear congruential generator. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const inputs: NamedArrays = {
  images: numbers(8 * 24 * 24 * 8, 1),
  targets: Float32Array.from({ length: 40 }, (_, i) => (i % 6 === 0 ? 1 : 0)),
};

/** Losses and weights of some steps of training. */
async function train(backend: Backend): Promise<{ losses: number[]; weights: NamedArrays }> {
  const first = graph.state.map(({ name, shape, kind }, i): [string, Float32Array] => [
    name,
    kind === 'slot' ? new Float32Array(sizeOf(shape)) : numbers(sizeOf(shape), i + 2),
  ]);
  const state = await backend.createState(graph.state, Object.fromEntries(first));
  const program = await backend.compile(graph);
  const losses: number[] = [];
  for (let step = 0; step < 8; step++) losses.push((await program.run(state, inputs))['loss']![0]!);
  const weights = await state.read();
  state.dispose();
  program.dispose();
  return { losses, weights };
}

const opened: Backend[] = [];

async function open(options: WasmOptions = {}): Promise<Backend> {
  const backend = await wasm({ ...options });
  opened.push(backend);
  return backend;
}

/** Closes what is open. The one that started tfjs's memory goes last, and the memory with it. */
async function closeAll(): Promise<void> {
  for (const backend of opened.splice(0).reverse()) await backend.close();
}

const isRunning = (): boolean => tfjsGlobal().registry['wasm'] !== undefined;

/** The kernels as files of the package. */
const kernelsModule = async (build: string): Promise<WebAssembly.Module> =>
  WebAssembly.compile(readFileSync(new URL(`../src/binary/${build}.wasm`, import.meta.url)));

afterEach(async () => {
  vi.unstubAllGlobals();
  await closeAll();
});

describe('threads', () => {
  it('learn, to the bit as one thread does on the same memory', async () => {
    const backends = [await open({ threads: 2 }), await open({ threads: 3 }), await open()];
    expect(backends.map(({ capabilities }) => capabilities.threads)).toEqual([2, 3, 1]);
    // Else nothing would be shared.
    expect((await backends[0]!.compile(graph)).report.listing()).toMatch(/ x([2-9]|\d\d)/);
    const [two, three, one] = [await train(backends[0]!), await train(backends[1]!), await train(backends[2]!)];
    expect(one.losses.at(-1)).toBeLessThan(0.8 * one.losses[0]!);
    expect(two).toEqual(one);
    expect(three).toEqual(one);
    await closeAll();
    expect(isRunning()).toBe(false);
  });

  it('learn to the bit as one thread does on memory that is not shared', async () => {
    const expected = await train(await open());
    await closeAll();
    expect(await train(await open({ threads: 2 }))).toEqual(expected);
  });

  it('need memory that is shared from its start, and leave tfjs as they found it', async () => {
    await open();
    await expect(open({ threads: 2 })).rejects.toThrow(WasmThreadError);
    await expect(open({ threads: 2 })).rejects.toThrow(/Open the backend with threads before all others/);
    await closeAll();
    expect(isRunning()).toBe(false);
    await open({ threads: 2 });
    await closeAll();
    // Again plain: the changed binary was for one start.
    await open();
    await expect(open({ threads: 2 })).rejects.toThrow(WasmThreadError);
  });

  it("run beside tfjs's own kernels on the same memory", async () => {
    const shared = await open({ threads: 2 });
    const tfjs = await open({ kernels: 'tfjs' });
    const [{ losses }, stock] = [await train(shared), await train(tfjs)];
    stock.losses.forEach((loss, i) => expect(loss / losses[i]!).toBeCloseTo(1, 3));
  });

  it('go on when the memory has grown under a program', async () => {
    const backend = await open({ threads: 2 });
    const body = trace((ops) => ({ y: ops.mul(ops.input('x', [300, 1000]), 2) }));
    const program = await backend.compile(body);
    const none = await backend.createState([], {});
    const x = numbers(300_000, 3);
    const doubled = x.map((value) => 2 * value);
    expect((await program.run(none, { x }))['y']).toEqual(doubled);
    const spec = { name: 'large', shape: [2 ** 24], kind: 'parameter', init: { kind: 'constant', value: 0 } } as const;
    const large = await backend.createState([spec], { large: new Float32Array(2 ** 24).fill(1) });
    expect((await program.run(none, { x }))['y']).toEqual(doubled);
    expect((await large.read())['large']!.every((value) => value === 1)).toBe(true);
  });

  it('are not for precompiled kernels', async () => {
    const module = await kernelsModule('simd');
    await expect(open({ module, threads: 2 })).rejects.toThrow(WasmThreadError);
    await expect(open({ module, threads: 2 })).rejects.toThrow(/one thread/);
  });

  it.each([0, -1, 1.5, Number.NaN, 257])('are a whole number: not %s', async (threads) => {
    await expect(open({ threads })).rejects.toThrow(WasmThreadError);
    await expect(open({ threads })).rejects.toThrow(`not ${threads}`);
  });

  it("are not for tfjs's kernels", async () => {
    await expect(open({ kernels: 'tfjs', threads: 2 })).rejects.toThrow(WasmThreadError);
    await expect(open({ kernels: 'tfjs', threads: 2 })).rejects.toThrow(/threads: 2/);
  });

  it('name the headers that a page lacks', async () => {
    vi.stubGlobal('crossOriginIsolated', false);
    await expect(open({ threads: 2 })).rejects.toThrow(/Cross-Origin-Opener-Policy: same-origin/);
    vi.stubGlobal('crossOriginIsolated', undefined);
    vi.stubGlobal('SharedArrayBuffer', undefined);
    await expect(open({ threads: 2 })).rejects.toThrow(WasmThreadError);
    await expect(open({ threads: 2 })).rejects.toThrow(/Cross-Origin-Embedder-Policy: require-corp/);
  });

  it("say where tfjs's binary must be, and start when it is there", async () => {
    const lost = { threads: 2, wasmPath: '/no/such/folder/' };
    await expect(open(lost)).rejects.toThrow(WasmThreadError);
    await expect(open(lost)).rejects.toThrow("'/no/such/folder/tfjs-backend-wasm-simd.wasm'");
    expect((await open({ threads: 2 })).capabilities.threads).toBe(2);
  });
});

/**
 * The package as a bundler leaves it that renames everything and wraps functions to keep their names, in a folder from which
 * tfjs's packages are found. Gives the address of its main module.
 */
async function bundle(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'selfcure-bundle-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  await build({
    stdin: {
      contents:
        "export { wasm } from './adapters/wasm/src/index.ts'; export { trace } from './packages/tensor/src/index.ts';",
      resolveDir: root,
    },
    alias: {
      '@selfcure/tensor': join(root, 'packages/tensor/src/index.ts'),
      '@selfcure/tfjs': join(root, 'adapters/tfjs/src/index.ts'),
    },
    bundle: true,
    splitting: true,
    minify: true,
    keepNames: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    external: ['node:*', '@tensorflow/*'],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    entryNames: 'package',
    logLevel: 'error',
  });
  return join(folder, 'package.mjs');
}

describe('a process with threads', () => {
  it.each([
    ['forgets to close', ''],
    ['closes', 'await backend.close();'],
    ['closes twice', 'await backend.close(); await backend.close();'],
  ])('ends when it %s, bundled and minified too', async (_, ending) => {
    const program = join(await bundle(), '..', 'program.mjs');
    writeFileSync(
      program,
      `import { trace, wasm } from './package.mjs';
      const graph = trace((ops) => ({ y: ops.add(ops.mul(ops.input('x', [1000, 1000]), 2), 1) }));
      const backend = await wasm({ threads: 2 });
      const program = await backend.compile(graph);
      const state = await backend.createState([], {});
      let sum = 0;
      for (let i = 0; i < 20; i++) {
        const { y } = await program.run(state, { x: new Float32Array(1e6).fill(i) });
        for (const value of y) sum += value;
      }
      ${ending}
      console.log(sum);`,
    );
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], { timeout: 30_000 });
    expect(stderr).toBe('');
    expect(stdout.trim()).toBe(String(1e6 * 400)); // the sum over i of 2 i + 1
  });
});
