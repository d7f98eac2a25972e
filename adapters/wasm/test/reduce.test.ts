import { reference } from '@selfcure/reference';
import type { Backend, Ops, Shape, Tensor } from '@selfcure/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builds, distance, numbers, runGraph } from './run-graph.ts';

describe.each(Object.entries(builds))('reductions on kernels %s', (_, open) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  // Shape, axes: each length around what the kernels take at a time.
  const cases: readonly (readonly [Shape, readonly number[]])[] = [
    ...[1, 3, 4, 15, 16, 17, 31, 1023, 1024, 1025, 70_003].map((length) => [[length], [0]] as const),
    ...[1, 2, 3, 5, 7, 16, 33, 63, 64, 65, 255, 1023, 1024, 1025, 2060].map((inner) => [[67, inner], [0]] as const),
    ...[1, 3, 4, 5, 63, 64, 65, 67, 4095, 4097, 9001].map((reduced) => [[2, reduced, 3], [1]] as const),
    ...[1, 3, 4, 5, 63, 64, 65, 67, 4095, 4097, 9001].map((reduced) => [[2, reduced, 70], [1]] as const),
    ...[1, 7, 64, 100].map((inner) => [[5, 3, inner], [2]] as const),
    [[4000, 7], [1]], // many rows a task
    [[300, 9, 130], [1]],
    [[3, 2, 9000], [1]], // more columns than a task takes
    [[32, 24, 24, 64], [0, 1, 2]], // parts
    [[32, 24, 24, 7], [0, 1, 2]],
    [[2, 40_001, 16], [1]],
    [[2, 3, 4, 5, 6], [1, 2, 3]],
    [[3, 1, 5], [1]],
    [[6, 7], []],
    [[1, 1, 1], [0, 1, 2]],
  ]; // prettier-ignore
  it.each(cases)('of %j over %j', async (shape, axes) => {
    const body = (ops: Ops): Record<string, Tensor> => {
      const x = ops.input('x', shape);
      return {
        sum: ops.call('sum', [x], { axes, keepDims: true }),
        max: ops.call('max', [x], { axes, keepDims: false }),
      };
    };
    const { outputs } = await runGraph(backend, body);
    const expected = (await runGraph(reference(), body)).outputs;
    expect(distance({ max: outputs['max']! }, { max: Float32Array.from(expected['max']!) })).toBe(0);
    const terms = shape.reduce((a, b) => a * b, 1) / outputs['sum']!.length;
    // Errors of single roundings, which add up like a random walk.
    const difference = Math.max(...expected['sum']!.map((value, i) => Math.abs(value - outputs['sum']![i]!)));
    expect(difference / Math.sqrt(terms)).toBeLessThan(1e-6);
  });

  it.each([
    [[1 << 18], [0]],
    [[1 << 18, 1], [0]],
    [[1 << 17, 2], [0]],
    [[1 << 16, 4], [0]],
    [[3, 1 << 18, 1], [1]],
    [[1 << 12, 1 << 6], [0]],
    [[4_000_000], [0]],
  ] as const)('of equal elements %j over %j keep their digits', async (shape, axes) => {
    const tenth = Math.fround(0.1);
    const { outputs } = await runGraph(backend, (ops) => ({ y: ops.sum(ops.input('x', shape), axes) }), {
      x: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(tenth),
    });
    for (const value of outputs['y']!) expect(Math.abs(value / (shape[axes[0]]! * tenth) - 1)).toBeLessThan(2e-6);
  });

  it.each([[[40]], [[40, 3]], [[40, 40]]])(
    'of %j: the largest is NaN where one element is, and can be -Infinity',
    async (shape) => {
      const inner = shape[1] ?? 1;
      const largest = async (values: Float32Array): Promise<number> => {
        const { outputs } = await runGraph(backend, (ops) => ({ y: ops.max(ops.input('x', shape), [0]) }), {
          x: values,
        });
        expect([...outputs['y']!.slice(0, -1)].every((value) => value === -1)).toBe(true);
        return outputs['y']!.at(-1)!;
      };
      for (const row of [0, 5, 38, 39]) {
        const x = new Float32Array(40 * inner).fill(-1);
        x[row * inner + inner - 1] = NaN;
        expect(await largest(x)).toBeNaN();
      }
      const column = new Float32Array(40 * inner).map((_, i) => (i % inner === inner - 1 ? -Infinity : -1));
      expect(await largest(column)).toBe(-Infinity);
    },
  );

  it('takes zeros of both signs and numbers beyond float32', async () => {
    const { outputs } = await runGraph(backend, (ops) => ({ y: ops.sum(ops.input('x', [2, 4]), [1]) }), {
      x: Float32Array.of(3e38, 3e38, 1, 1, -0, -0, 0, -0),
    });
    expect([...outputs['y']!].map((value) => value + 0)).toEqual([Infinity, 0]);
  });

  it('gives the same to the bit every time', async () => {
    const sum = async (): Promise<unknown> =>
      (
        await runGraph(backend, (ops) => ({ y: ops.sum(ops.input('x', [64, 31, 33]), [0, 1]) }), {
          x: numbers([64, 31, 33], 3),
        })
      ).outputs['y'];
    expect(await sum()).toEqual(await sum());
  });
});
