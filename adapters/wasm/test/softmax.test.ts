import { reference } from '@selfcure/reference';
import type { Backend, Ops, Tensor } from '@selfcure/tensor';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builds, distance, numbers, runGraph } from './run-graph.ts';

const all = (ops: Ops, rows: number, length: number): Record<string, Tensor> => {
  const x = ops.input('x', [rows, length]);
  return {
    softmax: ops.softmax(x),
    logSoftmax: ops.logSoftmax(x),
    loss: ops.softmaxCrossEntropy(x, ops.input('targets', [rows, length])),
  };
};

describe.each(Object.entries(builds))('softmax on kernels %s', (_, open) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  it('of rows of any length', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 70 }),
        fc.constantFrom(0.1, 1, 30),
        async (rows, length, scale) => {
          const x = numbers([rows, length], length).map((value) => value * scale);
          const body = (ops: Ops): Record<string, Tensor> => all(ops, rows, length);
          const { outputs } = await runGraph(backend, body, { x });
          expect(distance(outputs, (await runGraph(reference(), body, { x })).outputs)).toBeLessThan(2e-6);
        },
      ),
      { seed: 7, numRuns: 60 },
    ));

  it('of more rows than one task takes', async () => {
    const body = (ops: Ops): Record<string, Tensor> => all(ops, 3001, 11);
    const { outputs } = await runGraph(backend, body);
    expect(distance(outputs, (await runGraph(reference(), body)).outputs)).toBeLessThan(2e-6);
  });

  it('neither overflows nor loses what is far below', async () => {
    const x = Float32Array.of(1000, 0, -1000, 1e30, 1e30, -3e38);
    const { outputs } = await runGraph(backend, (ops) => all(ops, 2, 3), { x, targets: new Float32Array(6).fill(1) });
    expect([...outputs['softmax']!]).toEqual([1, 0, 0, 0.5, 0.5, 0]);
    expect([...outputs['logSoftmax']!.slice(0, 3)]).toEqual([0, -1000, -2000]);
    expect(outputs['logSoftmax']![4]).toBeCloseTo(-Math.LN2, 6);
    expect(outputs['loss']![0]).toBe(3000);
  });

  it('of a row with NaN is NaN, others are not', async () => {
    const x = Float32Array.of(1, 2, NaN, 0, 0, 1, 1, 1, 1, 1);
    const { outputs } = await runGraph(backend, (ops) => all(ops, 2, 5), { x });
    expect([...outputs['softmax']!.slice(0, 5)]).toEqual([NaN, NaN, NaN, NaN, NaN]);
    expect([...outputs['softmax']!.slice(5)].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([
      0.2, 0.2, 0.2, 0.2, 0.2,
    ]);
  });
});

describe.each(Object.entries(builds))('ranks on kernels %s', (_, open) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  it.each([1, 2, 3, 4, 5, 31, 64, 65, 700, 2500])('of %i elements, ties among them', async (length) => {
    // Few different values: many ties.
    const values = numbers([length], length).map((value) => Math.round(4 * value) / 4);
    const order = [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b);
    for (const count of [0, 1, Math.floor(0.7 * length), length]) {
      const { outputs } = await runGraph(
        backend,
        (ops) => ({ mask: ops.rankMask(ops.input('values', [length]), count) }),
        { values },
      );
      const expected = new Float32Array(length);
      for (const index of order.slice(0, count)) expected[index] = 1;
      expect(outputs['mask']).toEqual(expected);
    }
  });
});
