import { randomStream } from '@selfcure/core';
import { reference } from '@selfcure/reference';
import { trace } from '@selfcure/tensor';
import type { Attributes, Backend, ConvolutionAttributes, NamedArrays, Shape } from '@selfcure/tensor';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildsWith } from './run-graph.ts';

const builds = buildsWith({ exact: true });

interface Geometry {
  readonly x: readonly [number, number, number, number];
  readonly filter: readonly [number, number, number, number];
  readonly attributes: Attributes & ConvolutionAttributes;
}

/** Numbers of variance 1 between -1.7 and 1.7. */
function numbers(shape: Shape, seed: number): Float32Array {
  const random = randomStream({ seed, purpose: 'convolution' });
  return Float32Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    () => (2 * random.uniform() - 1) * Math.sqrt(3),
  );
}

function outputShape({ x, filter, attributes: { stride, padding } }: Geometry): Shape {
  const length = (axis: 0 | 1): number => {
    const around = padding[2 * axis]! + padding[2 * axis + 1]!;
    return Math.floor((x[axis + 1]! + around - filter[axis]!) / stride[axis]!) + 1;
  };
  return [x[0], length(0), length(1), filter[3]];
}

/** Runs a convolution and both of its gradients. */
async function run(engine: Backend, geometry: Geometry): Promise<NamedArrays> {
  const { x, filter, attributes } = geometry;
  const y = outputShape(geometry);
  const graph = trace((ops) => {
    const [image, weights, upstream] = [ops.input('x', x), ops.input('filter', filter), ops.input('d', y)];
    return {
      y: ops.call('conv2d', [image, weights], attributes),
      dx: ops.call('conv2dGradInput', [upstream, weights], { ...attributes, shape: x }),
      dw: ops.call('conv2dGradFilter', [image, upstream], { ...attributes, shape: filter }),
    };
  });
  const program = await engine.compile(graph);
  const state = await engine.createState([], {});
  const inputs = { x: numbers(x, 1), filter: numbers(filter, 2), d: numbers(y, 3) };
  const outputs = await program.run(state, inputs);
  state.dispose();
  program.dispose();
  return outputs;
}

/**
 * A sum of K products of numbers of variance 1 is a random walk of deviation sqrt(K). Each of its steps is rounded by up to
 * 6e-8 of where it stands, which adds up to about 2.5e-8 sqrt(K) of the deviation: 6e-7 for 600 terms.
 */
const bound = (terms: number): number => 1e-6 * Math.max(1, Math.sqrt(terms / 600));
/** The largest of many errors, in root mean squares. */
const worst = 4;

async function agrees(backend: Backend, geometry: Geometry): Promise<void> {
  const { x, filter, attributes } = geometry;
  const [actual, expected] = [await run(backend, geometry), await run(reference(), geometry)];
  const y = outputShape(geometry);
  const taps = filter[0] * filter[1];
  const terms: Record<string, number> = {
    y: taps * filter[2],
    dx: (taps * filter[3]) / attributes.groups,
    dw: x[0] * y[1]! * y[2]!,
  };
  for (const [name, values] of Object.entries(expected)) {
    expect(actual[name]).toHaveLength(values.length);
    const scale = Math.sqrt(terms[name]!);
    const errors = Float64Array.from(values, (value, i) => Math.abs(value - actual[name]![i]!) / scale);
    const mean = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
    const message = `${name} of ${JSON.stringify(geometry)}`;
    expect(mean, message).toBeLessThan(bound(terms[name]!));
    expect(
      errors.reduce((a, b) => Math.max(a, b), 0),
      message,
    ).toBeLessThan(worst * bound(terms[name]!));
  }
}

const size = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

const geometries = fc
  .record({
    n: size(1, 3),
    height: size(1, 11),
    width: size(1, 11),
    filterHeight: size(1, 7),
    filterWidth: size(1, 7),
    stride: fc.tuple(size(1, 3), size(1, 3)),
    padding: fc.tuple(size(0, 3), size(0, 3), size(0, 3), size(0, 3)),
    channels: size(1, 20),
    columns: size(1, 20),
    groups: fc.constantFrom(1, 1, 1, 2, 3),
  })
  .filter(
    ({ height, width, filterHeight, filterWidth, padding: [top, bottom, left, right] }) =>
      height + top + bottom >= filterHeight && width + left + right >= filterWidth,
  )
  .map(({ n, height, width, filterHeight, filterWidth, stride, padding, channels, columns, groups }): Geometry => ({
    x: [n, height, width, groups * channels],
    filter: [filterHeight, filterWidth, channels, groups * columns],
    attributes: { stride, padding, groups },
  }));

const depthwiseGeometries = fc.tuple(geometries, size(2, 37)).map(([{ x, filter, attributes }, groups]): Geometry => ({
  x: [x[0], x[1], x[2], groups],
  filter: [filter[0], filter[1], 1, groups],
  attributes: { ...attributes, groups },
}));

const attributesOf = (stride: number, padding: number, groups = 1): Attributes & ConvolutionAttributes => ({
  stride: [stride, stride],
  padding: [padding, padding, padding, padding],
  groups,
});

/** Sizes around those of blocks, each larger than one in another way. */
const cases: Readonly<Record<string, Geometry>> = {
  'more terms than are summed at once': {
    x: [2, 12, 12, 84],
    filter: [3, 3, 84, 16],
    attributes: attributesOf(1, 1),
  },
  'that, in groups, with channels that are no multiple of 4': {
    x: [2, 7, 7, 2 * 75],
    filter: [3, 3, 75, 2 * 9],
    attributes: attributesOf(1, 1, 2),
  },
  'that, with stride': { x: [4, 9, 10, 100], filter: [3, 3, 100, 24], attributes: attributesOf(2, 1) },
  'that, where windows are pixels': { x: [1, 4, 5, 1300], filter: [1, 1, 1300, 20], attributes: attributesOf(1, 0) },
  'pixels with stride: parts of the input gradient are zeros': {
    x: [3, 12, 13, 64],
    filter: [1, 1, 64, 40],
    attributes: attributesOf(2, 0),
  },
  'windows of two channels, read in place': { x: [2, 9, 9, 2], filter: [4, 4, 2, 6], attributes: attributesOf(1, 0) },
  'one channel, many windows': { x: [5, 41, 40, 1], filter: [7, 7, 1, 20], attributes: attributesOf(2, 3) },
  'rows longer than blocks': { x: [1, 3, 700, 4], filter: [3, 5, 4, 8], attributes: attributesOf(1, 2) },
  'more columns than tasks take': { x: [1, 6, 6, 64], filter: [3, 3, 64, 100], attributes: attributesOf(1, 1) },
  'a filter of the size of the image': { x: [3, 7, 7, 33], filter: [7, 7, 33, 11], attributes: attributesOf(1, 0) },
  'a filter gradient in parts of rows and channels': {
    x: [2, 15, 14, 52],
    filter: [5, 5, 52, 12],
    attributes: attributesOf(1, 2),
  },
  'taps that only padding meets': { x: [2, 1, 1, 3], filter: [1, 1, 3, 2], attributes: attributesOf(2, 1) },
  'pixels that no window reaches': { x: [2, 8, 8, 5], filter: [2, 2, 5, 4], attributes: attributesOf(5, 0) },
  'several filters for every channel': { x: [2, 8, 8, 6], filter: [3, 3, 1, 18], attributes: attributesOf(1, 1, 6) },
  'depthwise, many rows': { x: [9, 24, 24, 52], filter: [3, 3, 1, 52], attributes: attributesOf(1, 1, 52) },
};

describe.each(Object.entries(builds))('convolution and both gradients, kernels %s', (_, open) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  it('agree with sums in float64 for any geometry', async () => {
    await fc.assert(
      fc.asyncProperty(geometries, (geometry) => agrees(backend, geometry)),
      { numRuns: 200 },
    );
  });

  it('agree with them where every channel has a filter of its own', async () => {
    await fc.assert(
      fc.asyncProperty(depthwiseGeometries, (geometry) => agrees(backend, geometry)),
      { numRuns: 100 },
    );
  });

  it.each(Object.entries(cases))('agree with them: %s', (__, geometry) => agrees(backend, geometry));
});
