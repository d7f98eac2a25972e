import { trace } from '@selfcure/tensor';
import type { Backend, Graph } from '@selfcure/tensor';
import { WasmError, WasmMemoryError } from '@selfcure/wasm';
import { describe, expect, it } from 'vitest';
import { hasRelaxedSimd, loadKernels } from '../src/execute/load.ts';
import { instantiate } from '../src/execute/kernels.ts';
import { singleThread } from '../src/execute/single-thread.ts';
import { ownHeap } from '../src/heap/own-heap.ts';
import { planBackend } from '../src/plan-backend.ts';

/** A backend whose memory ends early: the same checks as at 4 GiB. */
async function smallBackend(limit: number): Promise<Backend> {
  const heap = ownHeap({ limit });
  const module = await loadKernels({ relaxed: await hasRelaxedSimd(), shared: false });
  const capabilities = { device: 'wasm', threads: 1, precision: 'float32', deterministic: true, limits: {} } as const;
  return planBackend({
    heap,
    executor: singleThread(heap, instantiate(module, heap.memory)),
    kernels: { exact: true },
    capabilities,
    close: heap.close,
  });
}

/** Keeps some values of the size of its input at the same time. */
const graphOf = (batch: number): Graph =>
  trace((ops) => {
    const x = ops.input('images', [batch, 32, 32, 4]);
    const first = ops.call('softmax', [x], {});
    const second = ops.call('softmax', [first], {});
    return { y: ops.sum(ops.mul(ops.mul(x, first), second)) };
  });

describe('a memory that ends', () => {
  it('refuses a step before anything runs, and names a batch that fits', async () => {
    const backend = await smallBackend(2 ** 23);
    const error = await backend.compile(graphOf(1024)).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(WasmMemoryError);
    expect(error).toBeInstanceOf(WasmError);
    const batch = Number(/A batch of about (\d+) fits \(now 1024\)/.exec((error as Error).message)?.[1]);
    expect(batch).toBeGreaterThan(64);
    expect(backend.memory()).toEqual({ bytes: 0, values: 0 });
    const program = await backend.compile(graphOf(batch - 8));
    const state = await backend.createState([], {});
    const { y } = await program.run(state, { images: new Float32Array((batch - 8) * 4096) });
    expect([...y!]).toEqual([0]);
    await backend.close();
  });

  it('refuses a state that is larger than what is left, and goes on', async () => {
    const backend = await smallBackend(2 ** 22);
    const spec = { name: 'w', shape: [2 ** 21], kind: 'parameter', init: { kind: 'constant', value: 0 } } as const;
    await expect(backend.createState([spec], { w: new Float32Array(2 ** 21) })).rejects.toThrow(WasmError);
    const program = await backend.compile(graphOf(4));
    const state = await backend.createState([], {});
    await program.run(state, { images: new Float32Array(4 * 4096) });
    await backend.close();
  });

  it('keeps older programs whole where a newer one gets no scratch memory', async () => {
    const backend = await smallBackend(2 ** 22);
    const graph = trace((ops) => ({ y: ops.sum(ops.mul(ops.input('x', [500]), 2)) }));
    const program = await backend.compile(graph);
    const none = await backend.createState([], {});
    const spec = (length: number) =>
      ({ name: 'w', shape: [length], kind: 'parameter', init: { kind: 'constant', value: 0 } }) as const;
    // What is left is less than any other program's scratch memory.
    for (let length = 2 ** 19; length >= 64; length /= 2) {
      for (let full = false; !full;) {
        await backend.createState([spec(length)], { w: new Float32Array(length) }).catch(() => {
          full = true;
        });
      }
    }
    await expect(
      backend.compile(trace((ops) => ({ y: ops.sum(ops.exp(ops.mul(ops.input('x', [1000]), ops.iota(1000)))) }))),
    ).rejects.toThrow(WasmError);
    expect(await program.run(none, { x: new Float32Array(500).fill(1) })).toEqual({ y: Float32Array.of(1000) });
    await backend.close();
  });

  it('gives freed memory to whoever asks next', async () => {
    const heap = ownHeap({ limit: 2 ** 20 });
    const blocks = [1, 2, 3].map(() => heap.allocate(2 ** 18));
    expect(() => heap.allocate(2 ** 18)).toThrow(WasmError);
    heap.free(blocks[0]!);
    heap.free(blocks[1]!);
    expect(heap.allocate(2 ** 19)).toBe(blocks[0]);
    expect(() => heap.allocate(2 ** 19)).toThrow(WasmError);
  });
});
