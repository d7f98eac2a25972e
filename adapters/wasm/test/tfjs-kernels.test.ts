import { reference } from '@selfcure/reference';
import { trace } from '@selfcure/tensor';
import type { Backend, NamedArrays, Ops, Tensor } from '@selfcure/tensor';
import { wasm } from '@selfcure/wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let backend: Backend;
beforeAll(async () => {
  backend = await wasm({ kernels: 'tfjs' });
});
afterAll(() => backend.close());

/** Numbers without a pattern, from a linear congruential generator. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

type Body = (ops: Ops) => Record<string, Tensor>;

async function run(engine: Backend, body: Body, given: NamedArrays = {}): Promise<NamedArrays> {
  const graph = trace(body);
  const program = await engine.compile(graph);
  const state = await engine.createState([], {});
  const inputs = graph.inputs.map(({ name, shape }, i) => [
    name,
    given[name] ??
      numbers(
        shape.reduce((a, b) => a * b, 1),
        i + 1,
      ),
  ]);
  const outputs = await program.run(state, Object.fromEntries(inputs) as NamedArrays);
  state.dispose();
  program.dispose();
  return outputs;
}

/** Largest difference, relative to the largest expected element. */
function distance(actual: NamedArrays, expected: NamedArrays): number {
  return Math.max(
    ...Object.entries(expected).map(([name, values]) => {
      expect(actual[name]).toHaveLength(values.length);
      let [difference, scale] = [0, 0];
      values.forEach((value, i) => {
        difference = Math.max(difference, Math.abs(value - actual[name]![i]!));
        scale = Math.max(scale, Math.abs(value));
      });
      return difference / scale;
    }),
  );
}

async function agrees(body: Body, given?: NamedArrays): Promise<void> {
  expect(distance(await run(backend, body, given), await run(reference(), body, given))).toBeLessThan(2e-6);
}

describe('max pooling', () => {
  const gradient = (ops: Ops, padding: number): Record<string, Tensor> => {
    const x = ops.input('x', [1, 2, 2, 1]);
    const y = ops.maxPool(x, { size: 2, padding });
    return { y, dx: ops.gradients(ops.sum(y), [x])[0]! };
  };

  it('passes the gradient where every element is negative, or the largest is 0', async () => {
    const negative = await run(backend, (ops) => gradient(ops, 0), { x: Float32Array.of(-3, -1, -2, -4) });
    expect(negative).toEqual({ y: Float32Array.of(-1), dx: Float32Array.of(0, 1, 0, 0) });
    const zero = await run(backend, (ops) => gradient(ops, 0), { x: Float32Array.of(-3, -1, 0, -4) });
    expect(zero['dx']).toEqual(Float32Array.of(0, 0, 1, 0));
  });

  it('gives a tie to the first element', async () => {
    const { dx } = await run(backend, (ops) => gradient(ops, 0), { x: Float32Array.of(-2, -1, -1, -1) });
    expect(dx).toEqual(Float32Array.of(0, 1, 0, 0));
  });

  it('never lets padding win', async () => {
    const padded = await run(backend, (ops) => gradient(ops, 1), { x: Float32Array.of(-1, -2, -3, -4) });
    expect(padded).toEqual({ y: Float32Array.of(-1, -2, -3, -4), dx: Float32Array.of(1, 1, 1, 1) });
  });

  it.each([
    { size: 3, stride: 2, padding: [1, 1, 1, 1] },
    { size: 3, stride: 1, padding: [2, 0, 1, 2] },
    { size: 2, stride: 3, padding: [0, 1, 0, 0] },
  ] as const)('adds up where windows overlap: size $size, stride $stride, padding $padding', async (options) => {
    await agrees((ops) => {
      const x = ops.input('x', [2, 7, 8, 3]);
      const y = ops.maxPool(x, options);
      return { y, dx: ops.gradients(ops.sum(ops.mul(y, ops.input('d', y.shape))), [x])[0]! };
    });
  });
});

describe('sums', () => {
  it('keep their accuracy over a million elements', async () => {
    const { all, columns, rows } = await run(
      backend,
      (ops) => {
        const x = ops.input('x', [1000, 1000]);
        return { all: ops.sum(x), columns: ops.sum(x, [0]), rows: ops.sum(x, [1]) };
      },
      { x: new Float32Array(1e6).fill(0.1) },
    );
    const tenth = Math.fround(0.1);
    expect(Math.abs(all![0]! / (1e6 * tenth) - 1)).toBeLessThan(1e-5);
    for (const value of [...columns!, ...rows!]) expect(Math.abs(value / (1000 * tenth) - 1)).toBeLessThan(2e-6);
  });

  it.each([[4099], [67, 61, 2], [3, 67, 5], [2, 131], [1, 1, 1]])('take any length: %s %s %s', async (...shape) => {
    const lengths = shape.filter((length) => length !== undefined);
    const size = lengths.reduce((a, b) => a * b, 1);
    // Positive elements: no cancellation hides the error.
    const x = numbers(size, 5).map((value) => value + 1.5);
    for (const axes of [[0], [lengths.length - 1], lengths.map((_, axis) => axis)]) {
      await agrees((ops) => ({ y: ops.sum(ops.input('x', lengths), axes) }), { x });
    }
  });
});

describe('products', () => {
  it.each([
    { x: [2, 9, 7, 3], filter: [3, 3, 3, 4], stride: 1, padding: [1, 1, 1, 1] },
    { x: [2, 9, 7, 3], filter: [3, 2, 3, 4], stride: 2, padding: [0, 1, 1, 0] },
    { x: [2, 8, 8, 1], filter: [5, 5, 1, 2], stride: 2, padding: [1, 2, 1, 2] },
    { x: [1, 6, 6, 2], filter: [2, 2, 2, 2], stride: 3, padding: [0, 0, 0, 0] },
    { x: [2, 7, 7, 3], filter: [1, 1, 3, 5], stride: 2, padding: [0, 0, 0, 0] },
    { x: [2, 8, 7, 3], filter: [1, 1, 3, 5], stride: 2, padding: [0, 0, 0, 0] },
    { x: [2, 7, 8, 3], filter: [1, 1, 3, 5], stride: 2, padding: [0, 0, 0, 0] },
    { x: [2, 5, 5, 3], filter: [1, 1, 3, 5], stride: 1, padding: [0, 0, 0, 0] },
    { x: [1, 5, 5, 1], filter: [1, 1, 1, 1], stride: 1, padding: [0, 0, 0, 0] },
    { x: [1, 5, 5, 2], filter: [2, 2, 2, 3], stride: 1, padding: [3, 2, 2, 3] },
  ] as const)(
    'convolution and both gradients: $x, $filter, stride $stride, padding $padding',
    async ({ x, filter, stride, padding }) => {
      await agrees((ops) => {
        const image = ops.input('x', x);
        const weights = ops.input('filter', filter);
        const y = ops.conv2d(image, weights, { stride, padding });
        const [dx, dw] = ops.gradients(ops.sum(ops.mul(y, ops.input('d', y.shape))), [image, weights]);
        return { y, dx: dx!, dw: dw! };
      });
    },
  );

  it.each([
    [3, 5, 7],
    [1, 9, 4],
    [6, 1, 3],
    [5, 8, 1],
  ])('matrices [%i, %i] times [., %i], transposed or not', async (m, k, n) => {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        await agrees((ops) => {
          const a = ops.input('a', transposeA ? [k, m] : [m, k]);
          const b = ops.input('b', transposeB ? [n, k] : [k, n]);
          return { y: ops.matmul(a, b, { transposeA, transposeB }) };
        });
      }
    }
  });
});

describe('channels', () => {
  // Large enough for the depthwise path; small ones go to the stock kernel.
  it.each([
    { a: [16, 8, 8, 8], b: [8] },
    { a: [16, 8, 8, 8], b: [1, 1, 8] },
    { a: [512, 16], b: [1, 16] },
    { a: [4, 8], b: [8] },
  ])('element-wise with one value a channel: $a, $b', async ({ a, b }) => {
    await agrees((ops) => {
      const [x, v] = [ops.input('a', a), ops.input('b', b)];
      return {
        add: ops.add(x, v),
        flipped: ops.add(v, x),
        sub: ops.sub(x, v),
        minus: ops.sub(v, x),
        mul: ops.mul(x, v),
        times: ops.mul(v, x),
      };
    });
  });

  it('batch normalization of inputs far from 0 keeps its digits', async () => {
    await expect(
      run(backend, (ops) => {
        const x = ops.add(ops.input('x', [64, 4]), 1000);
        const y = ops.bnApply(x, ops.bnStats(x, 1e-5), ops.full(1, [4]), ops.full(0, [4]), true);
        return {
          mean: ops.max(ops.abs(ops.mean(y, [0]))),
          square: ops.max(ops.abs(ops.sub(ops.mean(ops.square(y), [0]), 1))),
        };
      }),
    ).resolves.toSatisfy(({ mean, square }: NamedArrays) => mean![0]! < 1e-3 && square![0]! < 1e-3);
  });
});

describe('rows', () => {
  const scatter = (ops: Ops): Record<string, Tensor> => ({
    y: ops.scatterRows(ops.input('x', [4, 2]), ops.input('index', [4], 'i32'), 5),
  });

  it('scattered to one place add up', async () => {
    const x = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const { y } = await run(backend, scatter, { x, index: Int32Array.of(1, 1, 0, 3) });
    expect(y).toEqual(Float32Array.of(5, 6, 4, 6, 0, 0, 7, 8, 0, 0));
  });

  it.each([-1, 5])('scattered to row %i, which does not exist, are refused', async (row) => {
    await expect(run(backend, scatter, { index: Int32Array.of(0, 1, 2, row) })).rejects.toThrow(`row ${row} of 5`);
  });

  it('of integers stay integers', async () => {
    const { y } = await run(backend, (ops) => ({ y: ops.rows(ops.input('i', [4], 'i32'), 1, 3) }), {
      i: Int32Array.of(7, 8, 2 ** 30, 9),
    });
    expect(y).toEqual(Int32Array.of(8, 2 ** 30));
  });
});
