import { randomStream } from '@selfcure/core';
import { reference } from '@selfcure/reference';
import { trace } from '@selfcure/tensor';
import type { Attributes, Backend, ConvolutionAttributes, Graph, NamedArrays, Shape } from '@selfcure/tensor';
import { wasm } from '@selfcure/wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builds } from './run-graph.ts';

/** Largest error of an element, in root mean squares of the result. */
const bound = 1e-4;

interface Geometry {
  readonly n: number;
  readonly size: readonly [number, number];
  readonly channels: readonly [number, number];
  readonly padding?: ConvolutionAttributes['padding'];
}

/** A convolution 3x3 and both of its gradients. */
function graphOf({ n, size, channels, padding = [1, 1, 1, 1] }: Geometry): Graph {
  const attributes: Attributes & ConvolutionAttributes = { stride: [1, 1], padding, groups: 1 };
  const x = [n, ...size, channels[0]];
  const filter = [3, 3, ...channels];
  const y = [n, size[0] + padding[0] + padding[1] - 2, size[1] + padding[2] + padding[3] - 2, channels[1]];
  return trace((ops) => {
    const [image, weights, upstream] = [ops.input('x', x), ops.input('filter', filter), ops.input('d', y)];
    return {
      y: ops.call('conv2d', [image, weights], attributes),
      dx: ops.call('conv2dGradInput', [upstream, weights], { ...attributes, shape: x }),
      dw: ops.call('conv2dGradFilter', [image, upstream], { ...attributes, shape: filter }),
    };
  });
}

/** Numbers of variance 1 between -1.7 and 1.7. */
function numbers(shape: Shape, seed: number): Float32Array {
  const random = randomStream({ seed, purpose: 'winograd' });
  return Float32Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    () => (2 * random.uniform() - 1) * Math.sqrt(3),
  );
}

const inputsOf = (graph: Graph): NamedArrays =>
  Object.fromEntries(graph.inputs.map(({ name, shape }, i) => [name, numbers(shape, i)]));

/** Runs a graph on each of the given inputs, and says which kernels it took. */
async function run(
  engine: Backend,
  graph: Graph,
  ...given: readonly NamedArrays[]
): Promise<{ outputs: NamedArrays[]; listing: string }> {
  const program = await engine.compile(graph);
  const state = await engine.createState([], {});
  const outputs: NamedArrays[] = [];
  for (const inputs of given) outputs.push(await program.run(state, inputs));
  const listing = program.report.listing();
  state.dispose();
  program.dispose();
  return { outputs, listing };
}

/** Kernels that end in the values of the graph: `winograd` and `winogradFilterGradient`, or those of plain products. */
const products = (listing: string): number => listing.match(/^winograd(FilterGradient)? /gm)?.length ?? 0;

/** Largest difference in root mean squares of what is expected. */
function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [largest, square] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    largest = difference <= largest ? largest : difference; // not a number stays
    square += expected[i]! ** 2;
  }
  return largest / Math.sqrt(square / expected.length);
}

describe.each(Object.entries(builds))('Winograd, build %s', (_, open) => {
  let backend: Backend;
  let exact: Backend;
  beforeAll(async () => {
    [backend, exact] = [await open(), await wasm({ kernels: 'own', exact: true })];
  });
  afterAll(() => Promise.all([backend.close(), exact.close()]));

  it.each<Geometry>([
    // Tiles of 6x6 and 4x4 outputs, whole and cut off at the right and lower edge; maps of 3x3.
    { n: 2, size: [24, 24], channels: [16, 24] },
    { n: 2, size: [13, 17], channels: [16, 16] },
    { n: 2, size: [16, 14], channels: [24, 16] },
    { n: 12, size: [7, 5], channels: [24, 16] },
    { n: 7, size: [6, 6], channels: [64, 64] },
    { n: 5, size: [3, 3], channels: [64, 24] },
    { n: 9, size: [3, 3], channels: [136, 144] },
    // More tiles than outputs.
    { n: 33, size: [3, 3], channels: [24, 16] },
    { n: 3, size: [25, 27], channels: [16, 16] },
    { n: 1, size: [50, 9], channels: [16, 40] },
    { n: 70, size: [6, 6], channels: [16, 16] },
    // Padding: none, on two sides, more than the size of a tap.
    { n: 2, size: [12, 12], channels: [64, 32], padding: [0, 0, 0, 0] },
    { n: 16, size: [5, 5], channels: [32, 32], padding: [0, 0, 0, 0] },
    { n: 2, size: [13, 9], channels: [32, 16], padding: [0, 1, 1, 0] },
    { n: 2, size: [10, 11], channels: [16, 16], padding: [2, 2, 2, 2] },
    { n: 6, size: [8, 8], channels: [40, 48], padding: [2, 0, 1, 2] },
  ])(
    'agrees with float64: $n images of $size, $channels channels, padding $padding',
    async (geometry) => {
      const graph = graphOf(geometry);
      const inputs = inputsOf(graph);
      const { outputs, listing } = await run(backend, graph, inputs);
      const expected = (await run(reference(), graph, inputs)).outputs[0]!;
      expect(products(listing)).toBe(3);
      for (const name of ['y', 'dx', 'dw']) {
        expect(distance(outputs[0]![name]!, expected[name]!), name).toBeLessThan(bound);
      }
    },
    60_000,
  );

  // Too large for float64. The plain products have tests of their own.
  it.each<Geometry>([
    // Sums over more channels than are added up at a time: by blocks of filters, and by blocks of tiles.
    { n: 4, size: [6, 6], channels: [264, 272] },
    { n: 6, size: [3, 3], channels: [392, 400] },
    { n: 40, size: [12, 12], channels: [136, 16] },
    // Gradients of filters over more tiles than are added up at a time: by channels, and by tiles.
    { n: 150, size: [3, 3], channels: [144, 152] },
    { n: 1, size: [200, 210], channels: [16, 16] },
  ])('agrees with plain products: $n images of $size, $channels channels', async (geometry) => {
    const graph = graphOf(geometry);
    const inputs = inputsOf(graph);
    const { outputs, listing } = await run(backend, graph, inputs);
    const expected = await run(exact, graph, inputs);
    expect([products(listing), products(expected.listing)]).toEqual([3, 0]);
    for (const name of ['y', 'dx', 'dw']) {
      expect(distance(outputs[0]![name]!, expected.outputs[0]![name]!), name).toBeLessThan(bound);
    }
  });

  it('keeps nothing of the values of an earlier run', async () => {
    const graph = graphOf({ n: 3, size: [13, 11], channels: [24, 40] });
    const inputs = inputsOf(graph);
    const poison = Object.fromEntries(
      Object.entries(inputs).map(([name, { length }]) => [name, new Float32Array(length).fill(Number.NaN)]),
    );
    const { outputs } = await run(backend, graph, inputs, poison, inputs);
    expect(outputs[1]!['y']!.every(Number.isNaN)).toBe(true);
    expect(outputs[2]).toEqual(outputs[0]);
    expect(outputs[2]!['y']!.every(Number.isFinite)).toBe(true);
  });

  it.each<Geometry & { readonly why: string }>([
    { why: 'channels are no multiples of 8', n: 4, size: [12, 12], channels: [20, 16] },
    { why: 'there are few channels', n: 4, size: [12, 12], channels: [8, 16] },
    { why: 'the transforms of the filters would cost more than the products', n: 1, size: [3, 3], channels: [64, 64] },
  ])('is not taken where $why', async (geometry) => {
    const graph = graphOf(geometry);
    const { listing } = await run(backend, graph, inputsOf(graph));
    expect(products(listing)).toBe(0);
  });
});

it('is not taken where sums must be exact', async () => {
  const backend = await wasm({ exact: true });
  const graph = graphOf({ n: 2, size: [12, 12], channels: [16, 16] });
  const { listing } = await run(backend, graph, inputsOf(graph));
  expect(products(listing)).toBe(0);
  await backend.close();
});
