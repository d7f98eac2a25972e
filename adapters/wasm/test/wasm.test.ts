import '@tensorflow/tfjs-backend-cpu';
import { engine as tfjsGlobal } from '@tensorflow/tfjs-core';
import { slotName, trace } from '@selfcure/tensor';
import type { Backend, Graph, NamedArrays, Program, State } from '@selfcure/tensor';
import { tfjsBackend } from '@selfcure/tfjs';
import { wasm, WasmError } from '@selfcure/wasm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { tinyTraining } from '../../../test/conformance/groups/training.ts';

/** A small convolutional training step with Adam. */
const graph: Graph = trace((ops) => {
  const images = ops.input('images', [4, 6, 6, 1]);
  const filter = ops.parameter('filter', [3, 3, 1, 4], { kind: 'constant', value: 0 });
  const weights = ops.parameter('weights', [4, 3], { kind: 'constant', value: 0 });
  const y = ops.conv2d(images, filter);
  const normalized = ops.bnApply(y, ops.bnStats(y, 1e-5), ops.full(1, [4]), ops.full(0, [4]), true);
  const pooled = ops.mean(ops.maxPool(normalized, { size: 2 }), [1, 2]);
  const loss = ops.mean(ops.softmaxCrossEntropy(ops.matmul(pooled, weights), ops.input('targets', [4, 3])));
  const gradients = ops.gradients(loss, [filter, weights]);
  for (const [name, shape] of [
    ['filter', filter.shape],
    ['weights', weights.shape],
  ] as const) {
    ops.slot(slotName(name, 'm'), shape);
    ops.slot(slotName(name, 'v'), shape);
  }
  ops.call('adam', [ops.full(0.05, []), ops.full(1, []), ops.full(1, []), ...gradients.map((gradient) => gradient!)], {
    parameters: ['filter', 'weights'],
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: [0, 0],
    decoupled: false,
  });
  return { loss };
});
const wave = (count: number, step: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => ((i * step) % 17) / 8 - 1);
const inputs: NamedArrays = { images: wave(144, 5), targets: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0) };

async function prepare(backend: Backend): Promise<{ program: Program; state: State }> {
  const init = graph.state.map(({ name, shape, kind }) => [
    name,
    wave(
      shape.reduce((a, b) => a * b, 1),
      kind === 'slot' ? 0 : 7,
    ).map((v) => (kind === 'slot' ? 0 : v)),
  ]);
  return {
    program: await backend.compile(graph),
    state: await backend.createState(graph.state, Object.fromEntries(init) as NamedArrays),
  };
}

async function losses(backend: Backend, steps: number): Promise<number[]> {
  const { program, state } = await prepare(backend);
  const values: number[] = [];
  for (let step = 0; step < steps; step++) values.push((await program.run(state, inputs))['loss']![0]!);
  state.dispose();
  program.dispose();
  return values;
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('wasm', () => {
  it('says what it is', async () => {
    const backend = await wasm();
    expect(backend.name).toBe('wasm');
    expect(backend.capabilities).toEqual({
      device: 'wasm',
      threads: 1,
      precision: 'float32',
      deterministic: true,
      limits: { maxBytes: 2 ** 32 },
    });
    await backend.close();
  });

  it('names what a runtime lacks', async () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    await expect(wasm()).rejects.toThrow(WasmError);
    await expect(wasm()).rejects.toThrow(/SIMD/);
    vi.stubGlobal('WebAssembly', undefined);
    await expect(wasm()).rejects.toThrow(/no WebAssembly/);
  });

  it('learns, bit for bit the same each time, after close and start too', async () => {
    const first = await wasm();
    const expected = await losses(first, 20);
    expect(expected.at(-1)).toBeLessThan(0.5 * expected[0]!);
    expect(await losses(first, 20)).toEqual(expected);
    await first.close();
    await first.close();
    expect(tfjsGlobal().registry['wasm']).toBeUndefined();
    const second = await wasm();
    expect(await losses(second, 20)).toEqual(expected);
    await second.close();
  });

  it('holds the same memory after 200 steps', async () => {
    const backend = await wasm();
    const { program, state } = await prepare(backend);
    const held = (): unknown => [backend.memory(), tfjsGlobal().registry['wasm']!.numDataIds()];
    const before = held();
    for (let step = 0; step < 200; step++) await program.run(state, inputs);
    expect(held()).toEqual(before);
    await backend.close();
  });

  it('runs an optimizer as one kernel', async () => {
    const backend = await wasm();
    const listing = (await backend.compile(tinyTraining().graph)).report.listing();
    await backend.close();
    expect(listing.match(/^adam /gm)).toHaveLength(1);
    expect(listing.match(/^ema /gm)).toHaveLength(1);
  });

  it('shares one heap between backends that start and close in any order', async () => {
    const [a, b] = await Promise.all([wasm(), wasm()]);
    const heap = tfjsGlobal().registry['wasm'];
    const expected = await losses(a, 3);
    await a.close();
    expect(await losses(b, 3)).toEqual(expected);
    const c = await wasm();
    await b.close();
    expect(tfjsGlobal().registry['wasm']).toBe(heap);
    expect(await losses(c, 3)).toEqual(expected);
    await c.close();
  });

  it('runs in turn with another engine', async () => {
    const engines = [await wasm(), await tfjsBackend({ engine: 'cpu' })];
    const alone = await Promise.all(engines.map((engine) => losses(engine, 5)));
    const prepared = await Promise.all(engines.map(prepare));
    const turns: number[][] = [[], []];
    for (let step = 0; step < 5; step++) {
      const results = await Promise.all(prepared.map(({ program, state }) => program.run(state, inputs)));
      results.forEach(({ loss }, i) => turns[i]!.push(loss![0]!));
    }
    expect(turns).toEqual(alone);
    turns[0]!.forEach((loss, step) => expect(loss).toBeCloseTo(turns[1]![step]!, 4));
    for (const engine of engines) await engine.close();
  });

  it("without its kernels, tfjs's faulty ones are refused by name", async () => {
    const backend = await wasm();
    const bare = await tfjsBackend({ engine: 'wasm' });
    await expect(bare.compile(graph)).rejects.toThrow(/@selfcure\/wasm/);
    await bare.close();
    await backend.close();
  });
});
