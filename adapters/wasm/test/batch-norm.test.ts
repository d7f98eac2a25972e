import { reference } from '@selfcure/reference';
import type { Backend, Ops, Shape, Tensor } from '@selfcure/tensor';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builds, distance, numbers, runGraph } from './run-graph.ts';

type Body = (ops: Ops) => Record<string, Tensor>;

const epsilon = 1e-5;

/** x normalized by its own statistics. */
function normalized(ops: Ops, x: Tensor, name: string): Tensor {
  const channels = [x.shape.at(-1)!];
  const [scale, offset] = [ops.input(`${name}/scale`, channels), ops.input(`${name}/offset`, channels)];
  return ops.bnApply(x, ops.bnStats(x, epsilon), scale, offset, true);
}

/** The outputs, and the gradients of their weighted sum for every input so far. */
function withGradients(ops: Ops, outputs: Record<string, Tensor>, inputs: readonly Tensor[]): Record<string, Tensor> {
  const loss = Object.entries(outputs)
    .map(([name, y]) => ops.sum(ops.mul(y, ops.input(`weight/${name}`, y.shape))))
    .reduce((sum, term) => ops.add(sum, term));
  const gradients = ops.gradients(loss, inputs);
  return { ...outputs, ...Object.fromEntries(gradients.map((gradient, i) => [`gradient/${i}`, gradient!])) };
}

/** A residual block: two normalizations with ReLUs, the second after a sum with what the first began with. */
function block(ops: Ops, shape: Shape): Record<string, Tensor> {
  const x = ops.input('x', shape);
  const inner = ops.relu(normalized(ops, ops.add(x, ops.input('between', shape)), 'a'));
  const second = normalized(ops, ops.mul(inner, ops.input('factor', shape)), 'b');
  return withGradients(ops, { y: ops.relu(ops.add(second, x)) }, [x]);
}

/** A block with a projection: the sum of two normalizations. */
function projected(ops: Ops, shape: Shape): Record<string, Tensor> {
  const x = ops.input('x', shape);
  const first = normalized(ops, ops.mul(x, ops.input('factor', shape)), 'a');
  const skip = normalized(ops, x, 'b');
  return withGradients(ops, { y: ops.relu(ops.add(first, skip)) }, [x]);
}

/** A normalization with its ReLU, backward by hand. */
function backward(ops: Ops, shape: Shape): Readonly<Record<'y' | 'd' | 'sums' | 'dx', Tensor>> {
  const x = ops.input('x', shape);
  const bnApply = normalized(ops, x, 'a');
  const [, statistics, scale] = bnApply.inputs as readonly [Tensor, Tensor, Tensor];
  const y = ops.relu(bnApply);
  const d = ops.call('reluGrad', [ops.input('upstream', shape), y], {});
  const sums = ops.call('bnGradReduce', [x, d, statistics], {});
  return { y, d, sums, dx: ops.call('bnGradInput', [x, d, statistics, scale, sums], {}) };
}

/** Every pattern beside others that look like it and may not be fused. */
const bodies: Readonly<Record<string, (shape: Shape) => Body>> = {
  'normalization alone': (shape) => (ops) => {
    const x = ops.input('x', shape);
    return withGradients(ops, { y: normalized(ops, x, 'a') }, [x]);
  },
  'and ReLU': (shape) => (ops) => {
    const x = ops.input('x', shape);
    return withGradients(ops, { y: ops.relu(normalized(ops, x, 'a')) }, [x]);
  },
  'and residual': (shape) => (ops) => {
    const x = ops.input('x', shape);
    return withGradients(ops, { y: ops.add(ops.input('residual', shape), normalized(ops, x, 'a')) }, [x]);
  },
  'a residual that is a broadcast row': (shape) => (ops) => {
    const x = ops.input('x', shape);
    return withGradients(ops, { y: ops.relu(ops.add(normalized(ops, x, 'a'), ops.input('row', shape.slice(-1)))) }, [
      x,
    ]);
  },
  'residual block': (shape) => (ops) => block(ops, shape),
  'projected block': (shape) => (ops) => projected(ops, shape),
  'a normalization added to itself': (shape) => (ops) => {
    const x = ops.input('x', shape);
    const y = normalized(ops, x, 'a');
    return withGradients(ops, { y: ops.relu(ops.add(y, y)) }, [x]);
  },
  'inner values that are outputs': (shape) => (ops) => {
    const x = ops.input('x', shape);
    const y = normalized(ops, x, 'a');
    const sum = ops.add(y, ops.input('residual', shape));
    return withGradients(ops, { y, sum, relu: ops.relu(sum) }, [x]);
  },
  'a ReLU whose gradient is an output and goes elsewhere': (shape) => (ops) => {
    const x = ops.input('x', shape);
    const between = ops.input('between', shape);
    const y = ops.relu(ops.add(normalized(ops, x, 'a'), between));
    // The gradient for `between` is that of the ReLU itself.
    return withGradients(ops, { y }, [between, x]);
  },
  'a gradient of the own ReLU that is an output': (shape) => (ops) => ({ ...backward(ops, shape) }),
  'a gradient of the own ReLU that goes elsewhere': (shape) => (ops) => {
    const { y, d, sums, dx } = backward(ops, shape);
    return { y, sums, dx, negative: ops.neg(d) };
  },
  'two ReLUs in a row': (shape) => (ops) => {
    const x = ops.input('x', shape);
    const y = ops.relu(normalized(ops, x, 'a'));
    const z = ops.relu(normalized(ops, y, 'b'));
    return withGradients(ops, { z, both: ops.mul(y, z) }, [x]);
  },
  'given statistics': (shape) => (ops) => {
    const x = ops.input('x', shape);
    const c = [shape.at(-1)!];
    const statistics = ops.stackRows([ops.input('mean', c), ops.input('variance', c), ops.input('inverse', c)]);
    const y = ops.bnApply(x, ops.stopGradient(statistics), ops.input('scale', c), ops.input('offset', c), false);
    return withGradients(ops, { y: ops.relu(y) }, [x]);
  },
};

describe.each(Object.entries(builds))('batch normalization on kernels %s', (_, open) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const agrees = async (body: Body): Promise<void> => {
    const { outputs } = await runGraph(backend, body);
    expect(distance(outputs, (await runGraph(reference(), body)).outputs)).toBeLessThan(2e-5);
  };

  describe.each(Object.entries(bodies))('%s', (_, bodyOf) => {
    it.each([
      [[9, 1]],
      [[2, 5, 3]],
      [[64, 4]],
      [[6, 5, 7, 6]],
      [[33, 17]],
      [[4, 9, 9, 64]],
      [[7, 130]],
      [[40, 3, 3, 66]],
    ])('%j', (shape) => agrees(bodyOf(shape)));
  });

  // Rows enough for several tasks; the last of them ends within a long row.
  it.each([[[2801, 36]], [[40_001, 3]]])('in several tasks: %j', async (shape) => {
    await agrees((ops) => block(ops, shape));
    await agrees((ops) => projected(ops, shape));
  });

  it('takes any shape', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 8, max: 200 }), fc.integer({ min: 1, max: 140 }), async (rows, channels) => {
        await agrees((ops) => block(ops, [rows, channels]));
        await agrees((ops) => projected(ops, [rows, channels]));
      }),
      { seed: 4, numRuns: 15 },
    ));

  describe('statistics', () => {
    const statistics = async (x: Float32Array, channels: number): Promise<Float32Array> => {
      const shape = [x.length / channels, channels];
      const { outputs } = await runGraph(backend, (ops) => ({ y: ops.bnStats(ops.input('x', shape), 0) }), { x });
      return outputs['y'] as Float32Array;
    };

    it.each([1, 3, 5, 64])('keep their digits far from zero: %i channels', async (channels) => {
      // 4096 and 4096 + 1/8 in turn, along every channel: mean 4096 + 1/16, variance 1/256.
      const x = Float32Array.from(
        { length: 40_000 * channels },
        (_, i) => 4096 + (Math.floor(i / channels) % 2 === 0 ? 0 : 0.125),
      );
      const found = await statistics(x, channels);
      for (let c = 0; c < channels; c++) {
        expect(found[c]).toBeCloseTo(4096.0625, 2);
        expect(found[channels + c]! * 256).toBeCloseTo(1, 4);
        expect(found[2 * channels + c]! / 16).toBeCloseTo(1, 4);
      }
    });

    it.each([1, 7, 64])('of rows whose mean moves: %i channels', async (channels) => {
      // Whole numbers 0 to n - 1: variance (n^2 - 1) / 12.
      const rows = 9_000;
      const x = Float32Array.from({ length: rows * channels }, (_, i) => Math.floor(i / channels) + (i % channels));
      const found = await statistics(x, channels);
      for (let c = 0; c < channels; c++) {
        expect(found[c]! / ((rows - 1) / 2 + c)).toBeCloseTo(1, 6);
        expect(found[channels + c]! / ((rows ** 2 - 1) / 12)).toBeCloseTo(1, 5);
      }
    });

    it('of a first row that lies far off', async () => {
      const x = numbers([5000, 4], 3);
      x.fill(300, 0, 4);
      const found = await statistics(x, 4);
      for (let c = 0; c < 4; c++) {
        const values = Array.from({ length: 5000 }, (_, row) => x[4 * row + c]!);
        const mean = values.reduce((a, b) => a + b) / 5000;
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 5000;
        expect(found[c]! / mean).toBeCloseTo(1, 4);
        expect(found[4 + c]! / variance).toBeCloseTo(1, 4);
      }
    });
  });

  describe('is one step', () => {
    const stepsOf = async (body: Body): Promise<number> => (await runGraph(backend, body)).steps;
    const shape = [4, 6, 6, 8];
    const given = (ops: Ops, name: string): Tensor => {
      const c = [8];
      const statistics = ops.input(`${name}/statistics`, [3, 8]);
      const x = ops.input(`${name}/x`, shape);
      return ops.bnApply(x, statistics, ops.input(`${name}/scale`, c), ops.input(`${name}/offset`, c), true);
    };

    it('with a ReLU, a residual, or both', async () => {
      await expect(stepsOf((ops) => ({ y: ops.relu(given(ops, 'a')) }))).resolves.toBe(1);
      await expect(stepsOf((ops) => ({ y: ops.add(given(ops, 'a'), ops.input('r', shape)) }))).resolves.toBe(1);
      await expect(stepsOf((ops) => ({ y: ops.relu(ops.add(ops.input('r', shape), given(ops, 'a'))) }))).resolves.toBe(
        1,
      );
    });

    it('each of two whose values are added', async () => {
      await expect(stepsOf((ops) => ({ y: ops.relu(ops.add(given(ops, 'a'), given(ops, 'b'))) }))).resolves.toBe(2);
    });

    it('backward, each of its two sweeps, with the gradient of the ReLU behind', async () => {
      const backward = (ops: Ops, upstream: Tensor, y?: Tensor): Record<string, Tensor> => {
        const [x, statistics, scale] = [
          ops.input('x', shape),
          ops.input('statistics', [3, 8]),
          ops.input('scale', [8]),
        ];
        const relu = y ?? ops.relu(ops.bnApply(x, statistics, scale, ops.input('offset', [8]), true));
        const d = ops.call('reluGrad', [upstream, relu], {});
        const sums = ops.call('bnGradReduce', [x, d, statistics], {});
        return { relu, sums, dx: ops.call('bnGradInput', [x, d, statistics, scale, sums], {}) };
      };
      const sum = (ops: Ops): Tensor => ops.add(ops.input('a', shape), ops.input('b', shape));
      // Of a value that is given.
      await expect(stepsOf((ops) => backward(ops, ops.input('a', shape), ops.input('y', shape)))).resolves.toBe(2);
      await expect(stepsOf((ops) => backward(ops, sum(ops), ops.input('y', shape)))).resolves.toBe(2);
      // Of this very normalization, which is one step more.
      await expect(stepsOf((ops) => backward(ops, ops.input('a', shape)))).resolves.toBe(3);
      await expect(stepsOf((ops) => backward(ops, sum(ops)))).resolves.toBe(3);
    });
  });
});
