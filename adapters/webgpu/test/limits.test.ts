import { describe, expect, it } from 'vitest';
import { slotName, trace } from '@selfcure/tensor';
import type { Backend, Graph } from '@selfcure/tensor';
import { WebGpuMemoryError } from '@selfcure/webgpu';
import { openWith, runOnce, whyNoWebGpu } from './open.ts';

const absent = await whyNoWebGpu();
const zeros = { kind: 'constant', value: 0 } as const;

/** Two layers, normalized, and their update: large values in arena, inputs and state. */
const step = (batch: number, features = 16): Graph =>
  trace((ops) => {
    const x = ops.input('x', [batch, 6, 6, 4]);
    const filter = ops.parameter('filter', [3, 3, 4, 8], zeros);
    const dense = ops.parameter('dense', [6 * 6 * 8, features], zeros);
    const y = ops.conv2d(x, filter, { padding: 'same' });
    const [scale, offset] = [ops.full(1, [8]), ops.full(0, [8])];
    const normal = ops.relu(ops.bnApply(y, ops.bnStats(y, 1e-5), scale, offset, true));
    const logits = ops.matmul(ops.reshape(normal, [batch, 6 * 6 * 8]), dense);
    const loss = ops.mean(ops.square(logits));
    const gradients = ops.gradients(loss, [filter, dense]);
    for (const node of ['filter', 'dense'])
      ops.slot(slotName(node, 'momentum'), node === 'filter' ? filter.shape : dense.shape);
    ops.call('sgd', [ops.input('rate', []), ...gradients.map((gradient) => gradient!)], {
      parameters: ['filter', 'dense'],
      momentum: 0.9,
      nesterov: false,
      weightDecay: [0, 0],
    });
    return { loss };
  });

/** The error of a compilation; null where there was none. */
const refusal = async (backend: Backend, graph: Graph): Promise<WebGpuMemoryError | null> => {
  try {
    (await backend.compile(graph)).dispose();
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(WebGpuMemoryError);
    return error as WebGpuMemoryError;
  }
};

describe.skipIf(absent)('a step that is too large', () => {
  const batch = 24;
  for (const [limit, sizes] of [
    ['maxBufferBytes', [70_000, 50_000]],
    ['maxBindingBytes', [24_000, 23_000]],
  ] as const) {
    it(`is refused before the first step with a batch that fits: ${limit}`, async () => {
      for (const bytes of sizes) {
        const backend = await openWith({ [limit]: bytes });
        const error = await refusal(backend, step(batch));
        const name = limit === 'maxBufferBytes' ? 'maxBufferSize' : 'maxStorageBufferBindingSize';
        expect(error?.message).toContain(name);
        const fits = Number(/A batch of about (\d+) fits \(now 24\)/.exec(error!.message)![1]);
        expect(fits).toBeLessThan(batch);
        expect(backend.memory().bytes).toBe(0);
        await runOnce(backend, step(fits));
        await backend.close();
      }
    }, 120_000);
  }

  it('says so where no batch fits: a parameter is longer than a kernel binds', async () => {
    const backend = await openWith({ maxBindingBytes: 16_000 });
    const error = await refusal(backend, step(4));
    expect(error?.message).toMatch(/matmul.*maxStorageBufferBindingSize.*narrower model/s);
    await backend.close();
  });

  it('says so where the state is larger than a buffer', async () => {
    const backend = await openWith({ maxBufferBytes: 36_000 });
    const { state } = step(2);
    const values = Object.fromEntries(
      state.map(({ name, shape }) => [name, new Float32Array(shape.reduce((a, b) => a * b, 1))]),
    );
    await expect(backend.createState(state, values)).rejects.toThrow(/4 states need .*maxBufferSize.*narrower model/s);
    await backend.close();
  });
});
