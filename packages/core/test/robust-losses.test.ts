import { describe, expect, it } from 'vitest';
import {
  averagedRelabel,
  ce,
  forward,
  forwardCorrection,
  gce,
  generalizedCrossEntropy,
  smallLoss,
  smallLossSelection,
  train,
} from '@selfcure/core';
import type { Loss, NetOutputs, SampleRows, TransitionMatrix } from '@selfcure/core';
import { createSelfCure } from '@selfcure/core/app';
import { reference } from '@selfcure/reference';
import { trace } from '@selfcure/tensor';
import { trainOptions } from './worker-program.ts';

const logits = [2, -1, 0.5, 0, 0, 0, -3, 4, 1, 10, -10, 0];
const targets = [1, 0, 0, 0, 0.5, 0.5, 0, 0, 1, 0, 1, 0];
const softmax = (row: readonly number[]): number[] => {
  const powers = row.map((value) => Math.exp(value));
  return powers.map((value) => value / powers.reduce((sum, one) => sum + one));
};
const rowsOf = (values: readonly number[]): number[][] =>
  Array.from({ length: 4 }, (_, i) => values.slice(3 * i, 3 * i + 3));

/** Loss of every row, and the gradient of their sum for the logits. */
async function run(loss: Loss): Promise<{ loss: number[]; gradient: number[] }> {
  const graph = trace((ops) => {
    const z = ops.input('logits', [4, 3]);
    const net: NetOutputs = { features: z, logits: z, bias: ops.full(0, [3]), extras: {} };
    const batch = {
      size: 4,
      classes: 3,
      targets: ops.input('targets', [4, 3]),
      weight: ops.full(1, [4]),
      remembered: {},
    };
    const value = loss.perSample(ops, net, batch).loss;
    return { loss: value, gradient: ops.gradients(ops.sum(value), [z])[0]! };
  });
  const backend = reference();
  const program = await backend.compile(graph);
  const state = await backend.createState([], {});
  const outputs = await program.run(state, { logits: Float32Array.from(logits), targets: Float32Array.from(targets) });
  return { loss: [...outputs['loss']!], gradient: [...outputs['gradient']!] };
}

const expectClose = (got: readonly number[], wanted: readonly number[]): void =>
  wanted.forEach((value, i) => expect(got[i], `element ${i}`).toBeCloseTo(value, 10));

/** By central differences of a plain function of one row. */
function gradientOf(rowLoss: (z: readonly number[], t: readonly number[]) => number): number[] {
  const h = 1e-6;
  return rowsOf(logits).flatMap((z, i) =>
    z.map((_, k) => {
      const moved = (by: number): number =>
        rowLoss(
          z.map((value, j) => value + (j === k ? by : 0)),
          rowsOf(targets)[i]!,
        );
      return (moved(h) - moved(-h)) / (2 * h);
    }),
  );
}

describe('generalized cross-entropy', () => {
  it.each([0.7, 1, 0.1])('is (1 - p^q) / q, q = %s', async (q) => {
    const rowLoss = (z: readonly number[], t: readonly number[]): number =>
      softmax(z).reduce((sum, p, k) => sum + (t[k]! * (1 - p ** q)) / q, 0);
    const got = await run(generalizedCrossEntropy({ q }));
    expectClose(
      got.loss,
      rowsOf(logits).map((z, i) => rowLoss(z, rowsOf(targets)[i]!)),
    );
    gradientOf(rowLoss).forEach((value, i) => expect(got.gradient[i]).toBeCloseTo(value, 6));
  });
  it('refuses another exponent', () => {
    for (const q of [0, 1.1, NaN]) expect(() => gce({ q })).toThrow(/q .* is outside \(0, 1\]/);
  });
});

describe('forward correction', () => {
  const transition: TransitionMatrix = [
    [0.7, 0.2, 0.1],
    [0.05, 0.9, 0.05],
    [0.3, 0.3, 0.4],
  ];
  it('compares labels with p T', async () => {
    const rowLoss = (z: readonly number[], t: readonly number[]): number => {
      const p = softmax(z);
      return -t.reduce(
        (sum, share, k) => sum + share * Math.log(p.reduce((q, one, c) => q + one * transition[c]![k]!, 0)),
        0,
      );
    };
    const got = await run(forwardCorrection({ transition }));
    expectClose(
      got.loss,
      rowsOf(logits).map((z, i) => rowLoss(z, rowsOf(targets)[i]!)),
    );
    gradientOf(rowLoss).forEach((value, i) => expect(got.gradient[i]).toBeCloseTo(value, 6));
  });
  it('refuses what is no transition matrix, and one of other classes', async () => {
    expect(() =>
      forward({
        transition: [
          [1, 0],
          [0.5, 0.6],
        ],
      }),
    ).toThrow(/row 1 .*0.5, 0.6.* sum to 1/);
    expect(() => forward({ transition: [[1]], relabel: averagedRelabel() })).not.toThrow();
    expect(() => forward({ transition: [[1, 0]] })).toThrow(/row 0/);
    await expect(train({ ...trainOptions(reference(), 'ce'), recipe: forward({ transition }) })).rejects.toThrow(
      /is for 3 classes, the model has 4/,
    );
  });
  it('with the identity it trains as cross-entropy does', async () => {
    const identity = Array.from({ length: 4 }, (_, c) => Array.from({ length: 4 }, (_, k) => (c === k ? 1 : 0)));
    const options = { ...trainOptions(reference(), 'ce'), epochs: 1 };
    const [a, b] = [
      await train({ ...options, recipe: ce() }),
      await train({ ...options, recipe: forward({ transition: identity }) }),
    ];
    a.model.weights['classifier/bias']!.forEach((value, i) =>
      expect(b.model.weights['classifier/bias']![i]).toBeCloseTo(value, 9),
    );
  });
});

describe('small-loss selection', () => {
  const rows = {
    epoch: 4,
    epochs: 9,
    loss: Float32Array.of(0.1, 5, 2, 2, 7, 9, 0.2, 0.3),
    verified: Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 0),
    passes: Int32Array.of(3, 3, 3, 3, 3, 0, 3, 3),
  } as unknown as SampleRows;
  it('leaves out the largest losses of those that may be judged', () => {
    expect([...smallLossSelection({ rate: 0.34 }).plan(rows).weight!]).toEqual([1, 1, 1, 0, 0, 1, 1, 1]);
    expect(smallLossSelection({ rate: 0.34, start: 5 }).plan(rows)).toEqual({});
    expect([...smallLossSelection({ rate: 0 }).plan(rows).weight!]).toEqual(Array.from({ length: 8 }, () => 1));
  });
  it('refuses a rate outside [0, 1)', () => {
    for (const rate of [-0.1, 1, NaN]) expect(() => smallLoss({ rate })).toThrow(/rate .* is outside \[0, 1\)/);
  });
});

it('the registry has them by name', async () => {
  const app = createSelfCure({ backend: reference() });
  expect(app.names('recipe')).toEqual(expect.arrayContaining(['gce', 'forward', 'small-loss']));
  expect(() => app.method({ use: 'small-loss' })).toThrow(/rate NaN/);
  expect(() => app.method({ use: 'forward' })).toThrow(/no transition matrix/);
  expect(app.method({ use: 'small-loss', rate: 0.2 }).name).toBe('small-loss');
});
