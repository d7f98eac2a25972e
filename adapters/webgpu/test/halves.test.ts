import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reference } from '@selfcure/reference';
import { trace } from '@selfcure/tensor';
import type { Backend, Graph, NamedArrays, Ops, Tensor } from '@selfcure/tensor';
import { webgpu } from '@selfcure/webgpu';
import { runOnce, whyNoWebGpu, withGradients } from './open.ts';

const absent = await whyNoWebGpu();
const zeros = { kind: 'constant', value: 0 } as const;

/** Layers of convolution, normalization, shortcut and activation, and all gradients. */
const network = (activation: 'tanh' | 'relu', depth: number): Graph =>
  trace((ops: Ops) => {
    const parameters: Tensor[] = [];
    const layer = (from: Tensor, name: string): Tensor => {
      const filter = ops.parameter(name, [3, 3, from.shape[3]!, 16], zeros);
      const scale = ops.parameter(`${name}-scale`, [16], zeros);
      const offset = ops.parameter(`${name}-offset`, [16], zeros);
      parameters.push(filter, scale, offset);
      const y = ops.conv2d(from, filter, { padding: 'same' });
      return ops.bnApply(y, ops.bnStats(y, 1e-5), scale, offset, true);
    };
    let value = ops[activation](layer(ops.input('x', [16, 12, 12, 4]), 'first'));
    for (let k = 0; k < depth; k++) value = ops[activation](ops.add(layer(value, `layer-${k}`), value));
    const loss = ops.mean(ops.square(ops.sub(value, ops.input('target', value.shape))));
    const gradients = ops.gradients(loss, parameters);
    return { loss, ...Object.fromEntries(gradients.map((gradient, i) => [`gradient/${i}`, gradient!])) };
  });

/** Difference in the euclidean norm, relative. */
function distance(found: NamedArrays, expected: NamedArrays, name: string): number {
  const values = expected[name]!;
  return Math.hypot(...Array.from(values, (value, i) => value - found[name]![i]!)) / Math.hypot(...values);
}

describe.skipIf(absent)('activations stored as halves', () => {
  let half: Backend;
  beforeAll(async () => {
    half = await webgpu({ storage: 'f16' });
  });
  afterAll(async () => half?.close());

  it('loss and gradients stay near the oracle', async () => {
    const graph = network('tanh', 2);
    const oracle = reference();
    const [found, exact] = [await runOnce(half, graph), await runOnce(oracle, graph)];
    expect(distance(found, exact, 'loss')).toBeLessThan(1e-4);
    // Halves have 11 bits: errors of 2^-12, of which a gradient adds those of every layer behind it.
    const gradients = Object.keys(exact).filter((name) => name.startsWith('gradient'));
    for (const name of gradients) expect(distance(found, exact, name), name).toBeLessThan(1e-2);
    expect(Math.max(...gradients.map((name) => distance(found, exact, name)))).toBeGreaterThan(1e-5);
    await oracle.close();
  });

  it('a deep network needs little more than half of the memory between its steps', async () => {
    const graph = network('relu', 12);
    const single = await webgpu();
    const [a, b] = [await half.compile(graph), await single.compile(graph)];
    expect(a.report.steps).toBe(b.report.steps);
    expect(a.report.arenaBytes / b.report.arenaBytes).toBeLessThan(0.6);
    await single.close();
  });

  it('what no backward pass reads is not rounded', async () => {
    const single = await webgpu();
    const graph = trace((ops: Ops) => ({
      y: ops.square(ops.conv2d(ops.input('x', [4, 12, 12, 4]), ops.input('filter', [3, 3, 4, 8]))),
    }));
    expect(await runOnce(half, graph)).toEqual(await runOnce(single, graph));
    await single.close();
  });

  it('what is written one by one is not rounded', async () => {
    const single = await webgpu();
    const graph = trace((ops: Ops) => {
      const [x, filter] = [ops.input('x', [2, 6, 6, 4]), ops.input('filter', [3, 3, 4, 8])];
      return withGradients(ops, ops.square(ops.conv2d(x, filter)), { x, filter });
    });
    expect(await runOnce(half, graph)).toEqual(await runOnce(single, graph));
    await single.close();
  });

  it('pooling gives every gradient to one element, whether its image is rounded or not', async () => {
    for (const rounded of [true, false]) {
      const graph = trace((ops: Ops) => {
        const x = ops.input('x', [8, 16, 16, 8]);
        const image = rounded ? ops.mul(ops.tanh(x), 3) : x;
        const y = ops.maxPool(image, { size: 2, stride: 2 });
        // The square keeps y until the backward pass.
        return { ...withGradients(ops, ops.square(y), { y, image }) };
      });
      const results = await runOnce(half, graph);
      const sum = (name: string): number => Array.from(results[name]!).reduce((total, value) => total + value, 0);
      expect(Math.abs(sum('gradient/image') / sum('gradient/y') - 1)).toBeLessThan(1e-4);
    }
  });
});
