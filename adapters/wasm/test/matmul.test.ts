import { randomStream } from '@selfcure/core';
import { reference } from '@selfcure/reference';
import { trace } from '@selfcure/tensor';
import type { Backend, NamedArrays } from '@selfcure/tensor';
import { wasm } from '@selfcure/wasm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let backend: Backend;
beforeAll(async () => {
  backend = await wasm();
});
afterAll(() => backend.close());

interface Product {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Normal deviates. */
function numbers(count: number, seed: number): Float32Array {
  const random = randomStream({ seed, purpose: 'matmul' });
  return Float32Array.from({ length: count }, () => random.normal());
}

async function run(engine: Backend, { m, k, n, transposeA, transposeB }: Product): Promise<NamedArrays> {
  const graph = trace((ops) => ({
    y: ops.matmul(ops.input('a', transposeA ? [k, m] : [m, k]), ops.input('b', transposeB ? [n, k] : [k, n]), {
      transposeA,
      transposeB,
    }),
  }));
  const program = await engine.compile(graph);
  const state = await engine.createState([], {});
  const outputs = await program.run(state, { a: numbers(m * k, 1), b: numbers(k * n, 2) });
  state.dispose();
  program.dispose();
  return outputs;
}

/** Rounding of a sum of k products, see the bound of convolutions: a random walk. Four root mean squares for the largest. */
async function agrees(product: Product): Promise<void> {
  const [actual, expected] = [(await run(backend, product))['y']!, (await run(reference(), product))['y']!];
  expect(actual).toHaveLength(expected.length);
  const bound = 4e-6 * Math.max(1, Math.sqrt(product.k / 600)) * Math.sqrt(product.k);
  const largest = Math.max(...Float64Array.from(expected, (value, i) => Math.abs(value - actual[i]!)));
  expect(largest, JSON.stringify(product)).toBeLessThan(bound);
}

describe('products of matrices', () => {
  const length = fc.integer({ min: 1, max: 70 });

  it('agree with sums in float64 for any sizes, transposed or not', async () => {
    const products = fc.record({ m: length, k: length, n: length, transposeA: fc.boolean(), transposeB: fc.boolean() });
    await fc.assert(fc.asyncProperty(products, agrees), { numRuns: 300 });
  });

  // Larger than blocks of rows, of terms, of columns.
  it.each([
    { m: 1030, k: 33, n: 41 },
    { m: 37, k: 2049, n: 31 },
    { m: 9, k: 130, n: 1027 },
    { m: 130, k: 900, n: 70 },
    { m: 1, k: 5000, n: 1 },
  ])('agree with them for m = $m, k = $k, n = $n', async (sizes) => {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) await agrees({ ...sizes, transposeA, transposeB });
    }
  });
});
