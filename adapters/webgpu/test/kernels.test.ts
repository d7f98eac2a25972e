import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trace } from '@selfcure/tensor';
import type { Backend, Ops, Shape } from '@selfcure/tensor';
import { distanceFromOracle, openWith, whyNoWebGpu, withGradients } from './open.ts';

const absent = await whyNoWebGpu();

/** Beyond what conformance tries: values so large that kernels take four elements or a tile at once. */
describe.skipIf(absent)('kernels on large values', () => {
  const backends: Record<string, Backend> = {};
  beforeAll(async () => {
    backends['few invocations'] = await openWith({ parallel: 64 });
    backends['many invocations'] = await openWith({ parallel: 2 ** 15 });
  });
  afterAll(async () => {
    for (const backend of Object.values(backends)) await backend.close();
  });

  const geometries = [
    { image: [2, 13, 11, 8], filter: [3, 3, 8, 12], stride: [1, 1], padding: [1, 1, 1, 1] },
    { image: [3, 15, 17, 4], filter: [3, 5, 4, 8], stride: [2, 3], padding: [0, 2, 1, 2] },
    { image: [2, 17, 18, 3], filter: [7, 2, 3, 16], stride: [2, 1], padding: [3, 0, 0, 1] },
    { image: [2, 14, 14, 12], filter: [1, 1, 12, 16], stride: [2, 2], padding: [0, 0, 0, 0] },
    { image: [2, 12, 13, 9], filter: [2, 2, 9, 8], stride: [1, 1], padding: [0, 1, 0, 1] },
  ] as const;
  for (const { image, filter, stride, padding } of geometries) {
    for (const name of ['few invocations', 'many invocations']) {
      it(`convolution of [${image.join()}] with [${filter.join()}], stride ${stride.join()}, ${name}`, async () => {
        const build = (ops: Ops) => {
          const [x, w] = [ops.input('x', image), ops.input('filter', filter)];
          const y = ops.call('conv2d', [x, w], { stride, padding, groups: 1 });
          return withGradients(ops, y, { x, filter: w });
        };
        expect(await distanceFromOracle(backends[name]!, build)).toBeLessThan(5e-6);
      });
    }
  }

  const pairs: readonly (readonly [Shape, Shape])[] = [
    [[16, 9, 20], [20]],
    [
      [16, 9, 20],
      [16, 9, 1],
    ],
    [
      [16, 9, 20],
      [16, 1, 20],
    ],
    [
      [1, 9, 20],
      [16, 1, 1],
    ],
    [
      [16, 12, 15],
      [12, 15],
    ],
    [[2880], []],
  ];
  for (const [a, b] of pairs) {
    it(`element-wise of [${a.join()}] and [${b.join()}]`, async () => {
      const build = (ops: Ops) => {
        const [x, y] = [ops.input('x', a), ops.input('y', b)];
        return withGradients(ops, ops.tanh(ops.add(ops.mul(x, y), ops.sigmoid(y))), { x, y });
      };
      expect(await distanceFromOracle(backends['few invocations']!, build)).toBeLessThan(5e-6);
    });
  }

  it('a chain that begins inside of a value', async () => {
    const build = (ops: Ops) => {
      const x = ops.input('x', [70, 51]);
      return { even: ops.add(ops.rows(x, 4, 68), 1), odd: ops.mul(ops.rows(x, 1, 65), ops.rows(x, 3, 67)) };
    };
    expect(await distanceFromOracle(backends['few invocations']!, build)).toBeLessThan(1e-6);
  });

  for (const [m, k, n] of [
    [67, 33, 36],
    [130, 5, 40],
  ] as const) {
    it(`matrices of ${m} x ${k} x ${n}`, async () => {
      const build = (ops: Ops) => {
        const [a, b] = [ops.input('a', [m, k]), ops.input('b', [k, n])];
        return withGradients(ops, ops.matmul(a, b), { a, b });
      };
      expect(await distanceFromOracle(backends['few invocations']!, build)).toBeLessThan(5e-6);
    });
  }

  it('pooling by fours', async () => {
    const build = (ops: Ops) => {
      const x = ops.input('x', [2, 13, 15, 8]);
      return withGradients(ops, ops.maxPool(x, { size: 3, stride: 2, padding: 1 }), { x });
    };
    expect(await distanceFromOracle(backends['few invocations']!, build)).toBeLessThan(1e-6);
  });

  for (const shape of [
    [10, 15, 16, 12],
    [5000, 5],
    [40, 9, 9, 20],
  ] as const) {
    for (const name of ['few invocations', 'many invocations']) {
      it(`batch normalization of [${shape.join()}] with residual and relu, ${name}`, async () => {
        const build = (ops: Ops) => {
          const c = shape.at(-1)!;
          const [x, residual] = [ops.input('x', shape), ops.input('residual', shape)];
          const [scale, offset] = [ops.input('scale', [c]), ops.input('offset', [c])];
          const inner = ops.bnApply(x, ops.bnStats(x, 1e-5), scale, offset, true);
          const again = ops.bnApply(ops.relu(inner), ops.bnStats(ops.relu(inner), 1e-5), scale, offset, true);
          return withGradients(ops, ops.add(again, residual), { x, residual, scale, offset });
        };
        expect(await distanceFromOracle(backends[name]!, build)).toBeLessThan(2e-5);
      });
    }
  }

  it('constants that WGSL has no literals for', async () => {
    const backend = backends['few invocations']!;
    const graph = trace((ops) => {
      const x = ops.input('x', [4]);
      return {
        up: ops.maximum(x, ops.full(1e39, [])),
        down: ops.maximum(x, ops.full(-1e39, [])),
        tiny: ops.add(x, ops.full(1e-30, [])),
      };
    });
    const program = await backend.compile(graph);
    const state = await backend.createState([], {});
    const x = Float32Array.of(-3, -0.5, 0.5, 3);
    const { up, down, tiny } = await program.run(state, { x });
    expect([...up!]).toEqual([Infinity, Infinity, Infinity, Infinity]);
    expect([...down!]).toEqual([...x]);
    expect([...tiny!]).toEqual([...x]);
  });

  it('a NaN stays one in sums, maxima and chains', async () => {
    const backend = backends['few invocations']!;
    const graph = trace((ops) => {
      const x = ops.input('x', [4]);
      return { sum: ops.sum(x), max: ops.max(x), larger: ops.maximum(x, 0), square: ops.square(x) };
    });
    const program = await backend.compile(graph);
    const state = await backend.createState([], {});
    const { sum, max, larger, square } = await program.run(state, { x: Float32Array.of(1, NaN, 2, -1) });
    expect([sum![0], max![0]]).toEqual([NaN, NaN]);
    expect([...larger!]).toEqual([1, NaN, 2, 0]);
    expect([...square!]).toEqual([1, NaN, 4, 1]);
  });
});
