import { reference } from '@selfcure/reference';
import type { Backend, Ops, PoolAttributes, Shape, Tensor } from '@selfcure/tensor';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builds, distance, numbers, runGraph } from './run-graph.ts';

const pool = (ops: Ops, shape: Shape, attributes: PoolAttributes): Record<string, Tensor> => {
  const x = ops.input('x', shape);
  const y = ops.call('maxPool', [x], { ...attributes });
  return { y, dx: ops.gradients(ops.sum(ops.mul(y, ops.input('d', y.shape))), [x])[0]! };
};

/** Window, stride and padding of one axis, and a length that has at least one window. */
const axis = fc.integer({ min: 1, max: 5 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    stride: fc.integer({ min: 1, max: 6 }),
    before: fc.nat(size - 1),
    after: fc.nat(size - 1),
    more: fc.nat(9),
  }),
);

describe.each(Object.entries(builds))('max pooling on kernels %s', (_, open) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const agrees = async (shape: Shape, attributes: PoolAttributes, x: Float32Array): Promise<void> => {
    const body = (ops: Ops): Record<string, Tensor> => pool(ops, shape, attributes);
    const { outputs } = await runGraph(backend, body, { x });
    const expected = (await runGraph(reference(), body, { x })).outputs;
    expect(distance({ y: outputs['y']! }, { y: Float32Array.from(expected['y']!) })).toBe(0);
    expect(distance(outputs, expected)).toBeLessThan(1e-6);
  };

  it('with any windows, ties and NaN among the elements', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 21 }),
        axis,
        axis,
        fc.boolean(),
        async (n, channels, vertical, horizontal, missing) => {
          const shape = [n, vertical.size + vertical.more, horizontal.size + horizontal.more, channels];
          const x = numbers(shape, channels).map((value) => Math.round(2 * value));
          if (missing) for (let i = 0; i < x.length; i += 5) x[i] = NaN;
          await agrees(
            shape,
            {
              size: [vertical.size, horizontal.size],
              stride: [vertical.stride, horizontal.stride],
              padding: [vertical.before, vertical.after, horizontal.before, horizontal.after],
            },
            x,
          );
        },
      ),
      { seed: 11, numRuns: 80 },
    ));

  it.each([[[32, 24, 24, 20]], [[70, 9, 8, 3]], [[1, 200, 200, 4]]])('in several tasks: %j', async (shape) => {
    await agrees(shape, { size: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1] }, numbers(shape, 1));
  });

  it('takes zeros of both signs for equal', async () => {
    const attributes = { size: [1, 2], stride: [1, 2], padding: [0, 0, 0, 0] } as const;
    const { outputs } = await runGraph(backend, (ops) => pool(ops, [1, 1, 4, 1], attributes), {
      x: Float32Array.of(-0, 0, 0, -0),
      d: Float32Array.of(1, 2),
    });
    expect(outputs['y']).toEqual(Float32Array.of(-0, 0));
    expect(outputs['dx']).toEqual(Float32Array.of(1, 0, 2, 0));
  });
});
