import { expect, it } from 'vitest';
import { reference } from '@selfcure/reference';
import { randomStream } from '@selfcure/core';
import { sizeOf, trace } from '@selfcure/tensor';
import type { Backend, Graph, NamedArrays } from '@selfcure/tensor';
import { describeWhere } from './needed-native.ts';
import { openEngine, whyNoEngine } from './open-engine.ts';

/** Two layers with their gradients: convolution, normalization, ReLU, convolution; and a matrix product. */
const layers = (): Graph =>
  trace((ops) => {
    const x = ops.input('x', [8, 6, 6, 3]);
    const filters = [ops.input('first', [3, 3, 3, 16]), ops.input('second', [3, 3, 16, 4])] as const;
    const weights = ops.input('weights', [144, 5]);
    const image = ops.conv2d(x, filters[0], { stride: 1, padding: 1 });
    const normal = ops.relu(ops.bnApply(image, ops.bnStats(image, 1e-3), ops.full(1, [16]), ops.full(0, [16]), true));
    const features = ops.reshape(ops.conv2d(normal, filters[1], { stride: 1, padding: 1 }), [8, 144]);
    const values = ops.matmul(features, weights);
    const loss = ops.sum(ops.mul(values, ops.input('upstream', [8, 5])));
    const [first, second, product] = ops.gradients(loss, [...filters, weights]);
    return { values, first: first!, second: second!, product: product! };
  });

const inputs: NamedArrays = Object.fromEntries(
  layers().inputs.map(({ name, shape }) => {
    const random = randomStream({ seed: 1, purpose: `test/${name}` });
    return [name, Float32Array.from({ length: sizeOf(shape) }, () => 2 * random.uniform() - 1)];
  }),
);

async function run(backend: Backend): Promise<NamedArrays> {
  const program = await backend.compile(layers());
  const outputs = await program.run(await backend.createState([], {}), inputs);
  await backend.close();
  return outputs;
}

/** Length of the difference over that of what is expected: single signs of a ReLU may turn. */
const distance = (got: NamedArrays, want: NamedArrays, name: string): number => {
  const [a, b] = [got[name]!, want[name]!];
  return Math.hypot(...b.map((value, i) => a[i]! - value)) / Math.hypot(...b);
};

describeWhere(await whyNoEngine(), 'precision', () => {
  it('bfloat16 rounds products to 8 bits, and no more than that', async () => {
    const want = await run(reference());
    const [half, single] = [await run(await openEngine({ precision: 'bfloat16' })), await run(await openEngine())];
    for (const name of Object.keys(want)) {
      expect(distance(single, want, name), name).toBeLessThan(2e-5);
      expect(distance(half, want, name), name).toBeLessThan(2e-2);
    }
    // It would be float32 if nothing were rounded.
    expect(distance(half, want, 'values')).toBeGreaterThan(1e-4);
  });

  it('deterministic kernels give the same bits in two backends', async () => {
    const [a, b] = [
      await run(await openEngine({ deterministic: true })),
      await run(await openEngine({ deterministic: true })),
    ];
    expect(a).toEqual(b);
  });

  it('says how many threads compute', async () => {
    const backends = [await openEngine({ threads: 1 }), await openEngine({ threads: 2 })];
    expect(backends.map(({ capabilities }) => capabilities.threads)).toEqual([1, 2]);
    for (const backend of backends) await backend.close();
  });
});
