import { OptionError } from '@selfcure/core';
import { basicBlock, batchNorm, conv2d, convBatchNorm, globalAveragePool } from '@selfcure/models';
import { trace } from '@selfcure/tensor';
import type { Ops, Shape, Tensor } from '@selfcure/tensor';
import { describe, expect, it } from 'vitest';
import { goldenOperations, goldenSteps } from '../../../test/golden/fixtures.ts';
import { firstValues, run } from './traced.ts';

function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, tolerance = 1e-12): void {
  expect(got.length).toBe(want.length);
  for (let i = 0; i < want.length; i++) expect(Math.abs(got[i]! - want[i]!), `element ${i}`).toBeLessThan(tolerance);
}

describe('conv2d', () => {
  it('lays zeros on all sides as PyTorch does, also at stride 2', async () => {
    for (const size of [1, 3, 5, 7]) {
      const graph = trace((ops) => ({
        y: conv2d(ops, ops.input('x', [1, 6, 6, 1]), { channels: 1, size, stride: 2 }),
      }));
      const centre = new Float64Array(size * size);
      centre[(size * size - 1) / 2] = 1;
      const { outputs } = await run(graph, { filter: centre }, { x: Float64Array.from({ length: 36 }, (_, i) => i) });
      expect([...outputs['y']!], `size ${size}`).toEqual([0, 2, 4, 12, 14, 16, 24, 26, 28]);
    }
  });
  it('starts with variance 2 / fan_out', () => {
    const graph = trace((ops) => ({ y: conv2d(ops, ops.input('x', [1, 8, 8, 3]), { channels: 50, size: 3 }) }));
    expect(graph.state).toEqual([
      {
        name: 'filter',
        shape: [3, 3, 3, 50],
        kind: 'parameter',
        init: { kind: 'normal', standardDeviation: Math.sqrt(2 / (50 * 9)) },
      },
    ]);
  });
  it('takes another padding', () => {
    trace((ops) => {
      const x = ops.input('x', [1, 8, 8, 3]);
      expect(conv2d(ops, x, { channels: 4, size: 3, padding: 0 }).shape).toEqual([1, 6, 6, 4]);
      return { x };
    });
  });
});

describe('batchNorm', () => {
  const golden = goldenOperations();
  const normalized = (shape: Shape, training: boolean, gradients: boolean): ReturnType<typeof trace> =>
    trace((ops) => {
      const x = ops.input('x', shape);
      const y = ops.scope('bn', () => batchNorm(ops, x, { training }));
      if (!gradients) return { y };
      const loss = ops.sum(ops.mul(y, ops.input('upstream', shape)));
      const of = [x, ops.read('bn/scale'), ops.read('bn/offset')];
      const [dx, scale, offset] = ops.gradients(loss, of) as Tensor[];
      return { y, x: dx!, scale: scale!, offset: offset! };
    });

  it.each(['batch-norm-training', 'batch-norm-training-rank-2', 'batch-norm-evaluation'])(
    '%s of PyTorch',
    async (name) => {
      const values = (part: string): Float64Array => golden.tensors.values(`${name}/${part}`);
      const training = name.includes('training');
      const graph = normalized(golden.tensors.get(`${name}/x`).shape, training, true);
      const state = Object.fromEntries(
        ['scale', 'offset', 'mean', 'variance'].map((part) => [`bn/${part}`, values(part)]),
      );
      const { outputs, state: after } = await run(graph, state, { x: values('x'), upstream: values('upstream') });
      expectClose(outputs['y']!, values('output'));
      for (const part of ['x', 'scale', 'offset']) expectClose(outputs[part]!, values(`gradient/${part}`), 1e-11);
      expectClose(after['bn/mean']!, values(training ? 'newMean' : 'mean'));
      expectClose(after['bn/variance']!, values(training ? 'newVariance' : 'variance'));
    },
  );

  it('keeps the unbiased variance of the batch, and starts from 0 and 1', async () => {
    const graph = normalized([4, 1], true, false);
    const { state, outputs } = await run(graph, firstValues(graph.state), { x: Float64Array.of(1, 2, 3, 6) });
    expectClose(state['bn/mean']!, [0.1 * 3]);
    expectClose(state['bn/variance']!, [0.9 + (0.1 * (4 + 1 + 0 + 9)) / 3]);
    expectClose(
      outputs['y']!,
      [-2, -1, 0, 3].map((value) => value / Math.sqrt(14 / 4 + 1e-5)),
    );
  });

  it('leaves the running statistics alone in evaluation', () => {
    const kinds = normalized([4, 2], false, false).nodes.map((node) => node.op);
    expect(kinds).not.toContain('ema');
    expect(kinds).not.toContain('bnStats');
  });

  it('refuses a single value a channel in training, by name', () => {
    expect(() => normalized([1, 1, 1, 8], true, false)).toThrow(OptionError);
    expect(() => normalized([1, 1, 1, 8], true, false)).toThrow(/'bn\/mean'.*\[1, 1, 1, 8\]/);
    expect(() => normalized([1, 1, 1, 8], false, false)).not.toThrow();
  });
});

describe('layers together', () => {
  it('give the forward pass and the running statistics of the golden network', async () => {
    const { metadata, tensors } = goldenSteps('paper');
    const { height, width, channels, subtract, divide } = metadata.image;
    const network = (ops: Ops, images: Tensor): Tensor => {
      const mode = { training: true };
      let x = ops.relu(convBatchNorm(ops, images, { layer: 'conv1', channels: 4, size: 5, stride: 2 }, mode));
      x = ops.maxPool(x, { size: 2 });
      const skip = ops.relu(convBatchNorm(ops, x, { layer: 'conv2', channels: 8, size: 3 }, mode));
      return ops.relu(ops.add(convBatchNorm(ops, skip, { layer: 'conv3', channels: 8, size: 3 }, mode), skip));
    };
    const graph = trace((ops) => {
      const images = ops.input('images', [metadata.batchSize, height, width, channels]);
      const init = { kind: 'constant', value: 0 } as const;
      const weights = ops.parameter('classifier/weights', [8, metadata.classes], init);
      const logits = ops.matmul(globalAveragePool(ops, network(ops, images)), weights);
      return {
        probabilities: ops.softmax(ops.add(logits, ops.parameter('classifier/bias', [metadata.classes], init))),
      };
    });
    const names = graph.state.map((spec) => spec.name);
    const known = [...metadata.parameters, ...metadata.statistics].filter(({ name }) => !name.startsWith('importance'));
    expect([...names].sort()).toEqual(known.map(({ name }) => name).sort());

    for (const step of [0, 7]) {
      const state = Object.fromEntries(names.map((name) => [name, tensors.row(`state/${name}`, step)]));
      const pixels = metadata.steps[step]!.samples.flatMap((sample) => [...tensors.row('images', sample)]);
      const images = Float64Array.from(pixels, (byte) => (byte - subtract) / divide);
      const { outputs, state: after } = await run(graph, state, { images });
      expectClose(outputs['probabilities']!, tensors.row('rawProbabilities', step));
      for (const { name } of metadata.statistics) expectClose(after[name]!, tensors.row(`state/${name}`, step + 1));
    }
  });
});

describe('basicBlock', () => {
  const block = (channels: number, stride: number): ReturnType<typeof trace> =>
    trace((ops) => {
      const x = ops.input('x', [1, 4, 4, 2]);
      return { y: basicBlock(ops, x, { layer: 'b', channels, stride }, { training: false }) };
    });
  const x = Float64Array.from({ length: 32 }, (_, i) => (i % 5) - 2);

  it('adds its input to the two convolutions', async () => {
    const graph = block(2, 1);
    const state = firstValues(graph.state);
    expect(Object.keys(state).filter((name) => name.endsWith('filter'))).toEqual(['b/conv1/filter', 'b/conv2/filter']);
    state['b/conv2/filter']!.fill(0);
    state['b/conv2/bn/offset']!.fill(0.25);
    const { outputs } = await run(graph, state, { x });
    expectClose(
      outputs['y']!,
      x.map((value) => Math.max(0, value + 0.25)),
    );
  });

  it('projects its input where the shape changes', async () => {
    const graph = block(2, 2);
    const state = firstValues(graph.state);
    state['b/conv2/filter']!.fill(0);
    state['b/projection/filter']!.set([1, 0, 0, 1]); // two channels, each to itself
    const { outputs } = await run(graph, state, { x });
    const picked = [0, 2, 8, 10].flatMap((pixel) => [x[2 * pixel]!, x[2 * pixel + 1]!]);
    expectClose(
      outputs['y']!,
      picked.map((value) => Math.max(0, value) / Math.sqrt(1 + 1e-5)),
    );
    expect(block(4, 1).state.map((spec) => spec.name)).toContain('b/projection/bn/scale');
  });
});
