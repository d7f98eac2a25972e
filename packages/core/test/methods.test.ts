import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adam,
  ce,
  composeMethod,
  crossEntropy,
  elr,
  lossMixture,
  mixture,
  randomStream,
  train,
  trainingStep,
} from '@selfcure/core';
import type { Method, SampleRows } from '@selfcure/core';
import { faceCnn } from '@selfcure/models';
import { reference } from '@selfcure/reference';
import { fitMixture, lowerComponent } from '../src/weighting/loss-mixture.ts';
import { stripes } from './stripes.ts';

const settings = {
  backend: reference(),
  model: faceCnn({ classes: 4, size: 12, width: 0.125 }),
  batchSize: 16,
  optimizer: adam({ learningRate: 3e-3 }),
};

describe('early-learning regularization', () => {
  it('keeps the average of normalized predictions, starting from 0, and feeds it back', async () => {
    const targets: Float32Array[] = [];
    const predictions: Float32Array[] = [];
    const method = elr({ lambda: 1, beta: 0.6 });
    const spy: Method = {
      ...method,
      relabel: {
        name: 'spy',
        when: 'epoch',
        propose: ({ remembered, probabilities }) => {
          targets.push(remembered['target']!.slice());
          predictions.push(probabilities.slice());
          return [];
        },
      },
    };
    await train({ ...settings, recipe: spy, data: stripes({ samples: 32 }), epochs: 3 });
    let expected = new Float64Array(32 * 4);
    for (const [epoch, p] of predictions.entries()) {
      expected = expected.map((old, i) => {
        const row = p
          .subarray(4 * Math.floor(i / 4), 4 * Math.floor(i / 4) + 4)
          .map((value) => Math.min(Math.max(value, 1e-4), 1 - 1e-4));
        return 0.6 * old + 0.4 * (row[i % 4]! / row.reduce((sum, value) => sum + value));
      });
      expected.forEach((value, i) => expect(targets[epoch]![i]).toBeCloseTo(value, 5));
    }
  });
});

describe('loss mixture', () => {
  it('finds two components and gives the posterior of the lower one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), (seed) => {
        const stream = randomStream({ seed, purpose: 'mixture' });
        const values = Array.from({ length: 400 }, (_, i) =>
          i < 300 ? 0.15 + 0.04 * stream.normal() : 0.7 + 0.08 * stream.normal(),
        );
        const fit = fitMixture(values, { iterations: 50, tolerance: 1e-6 });
        expect(fit.mean[0]).toBeCloseTo(0.15, 1);
        expect(fit.mean[1]).toBeCloseTo(0.7, 1);
        expect(fit.share[0]).toBeCloseTo(0.75, 1);
        expect(lowerComponent(0.15, fit)).toBeGreaterThan(0.99);
        expect(lowerComponent(0.7, fit)).toBeLessThan(0.01);
      }),
      { numRuns: 10, seed: 1 },
    );
  });
  it('weighs seen samples by it, and leaves verified and unseen ones alone', () => {
    const loss = Float32Array.of(0.1, 0.12, 0.09, 3, 2.9, 3.1);
    const rows = {
      epoch: 5,
      epochs: 9,
      samples: Int32Array.of(0, 1, 2, 3, 4, 5),
      loss,
      verified: Uint8Array.of(0, 0, 0, 0, 1, 0),
      passes: Int32Array.of(4, 4, 4, 4, 4, 0),
    } as unknown as SampleRows;
    const { weight } = lossMixture().plan(rows);
    expect([...weight!].map((value) => Math.round(value))).toEqual([1, 1, 1, 0, 1, 1]);
    expect(lossMixture({ start: 6 }).plan(rows)).toEqual({});
  });
  it('reaches the loss: a sample of weight 0 does not train', async () => {
    const data = stripes({ samples: 32 });
    const nothing = composeMethod({
      name: 'none',
      loss: crossEntropy(),
      weighting: { name: 'zero', plan: ({ samples }) => ({ weight: new Float32Array(samples.length) }) },
    });
    const start = await train({ ...settings, recipe: nothing, data, epochs: 1, signal: { aborted: true } });
    const run = await train({ ...settings, recipe: nothing, data, epochs: 1 });
    expect(run.model.weights['classifier/bias']).toEqual(start.model.weights['classifier/bias']);
    expect((await train({ ...settings, recipe: mixture(), data, epochs: 3 })).end).toBe('finished');
  });
  it('takes soft targets in place of labels', async () => {
    const data = stripes({ samples: 32, noise: 0 });
    const shifted = composeMethod({
      name: 'shifted',
      loss: crossEntropy(),
      weighting: {
        name: 'shift',
        plan: ({ given }) => ({
          targets: Float32Array.from({ length: given.length * 4 }, (_, i) =>
            (given[Math.floor(i / 4)]! + 1) % 4 === i % 4 ? 1 : 0,
          ),
        }),
      },
    });
    const moved = { ...data, labels: data.labels.map((label) => (label + 1) % 4) };
    const [bySoft, byLabel] = [
      await train({ ...settings, recipe: shifted, data, epochs: 2 }),
      await train({ ...settings, recipe: ce(), data: moved, epochs: 2 }),
    ];
    expect(bySoft.model.weights).toEqual(byLabel.model.weights);
  });
});

describe('composeMethod', () => {
  it('refuses parts that do not fit', () => {
    const column = { name: 'a', width: 'one', source: 'loss' } as const;
    expect(() => composeMethod({ name: 'x', loss: { ...crossEntropy(), needsHead: 'importance' } })).toThrow(
      /'cross-entropy' needs the head 'importance'/,
    );
    const twice = composeMethod({ name: 'x', loss: crossEntropy(), remember: [column, column] });
    expect(() => trainingStep({ ...settings, method: twice })).toThrow(/column 'a'/);
    const nowhere = composeMethod({ name: 'x', loss: crossEntropy(), remember: [{ ...column, source: 'nope' }] });
    expect(() => trainingStep({ ...settings, method: nowhere })).toThrow(/column 'a' asks for 'nope'.*It gives/);
  });
});
