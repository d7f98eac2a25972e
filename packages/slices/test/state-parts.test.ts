import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EpochLog, LabelChange, TrainState } from '@selfcure/core';
import { joinState, splitState } from '../src/state-parts.ts';
import type { PartSizes } from '../src/state-parts.ts';
import { bitsOf } from './training.ts';

const sizes: PartSizes = { shared: 64, largest: 100, changes: 3 };
const numbers = (length: number, from: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.fround((i + from) / 7));
const change = (sample: number): LabelChange => ({
  epoch: 2,
  step: -1,
  sample,
  kind: 'relabel',
  from: 0,
  to: 1,
  importance: 1 / 3,
  pGiven: Math.fround(0.1),
  pMax: null,
  score: 0.25,
  strategy: 'margin',
  reason: 'a "quoted" reason with ümlauts',
});

function stateOf({ arrays, changes, seed }: { arrays: readonly number[]; changes: number; seed: number }): TrainState {
  return {
    fingerprint: 'some run',
    epoch: 3,
    step: 7,
    weights: Object.fromEntries(arrays.map((length, i) => [`layer${i}/filter`, numbers(length, seed + i)])),
    ledger: {
      given: Int32Array.of(0, 1, 2),
      current: Int32Array.of(0, 2, seed),
      dropped: Uint8Array.of(0, 1, 0),
      verified: Uint8Array.of(1, 0, 0),
      log: Array.from({ length: changes }, (_, i) => change(i)),
      staged: [],
    },
    memory: { passes: Int32Array.of(1, 2, 3), loss: numbers(3, seed) },
    plan: {},
    sums: { steps: 7, loss: 1 / 3 },
    history: [{ epoch: 1, loss: NaN, accuracy: 0.5, learningRate: 1e-3 } as EpochLog],
    warnings: [],
    normalization: { mean: [0.5], deviation: [0.25] } as unknown as TrainState['normalization'],
    best: { epoch: 1, value: 0.5, weights: { 'layer0/filter': numbers(5, 3) } },
  };
}

const states = fc.record({
  arrays: fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 8 }),
  changes: fc.integer({ min: 0, max: 10 }),
  seed: fc.integer({ min: 0, max: 100 }),
});

describe('parts of a state', () => {
  it('join to the state', () => {
    fc.assert(
      fc.property(states, fc.constantFrom(sizes, undefined), (input, given) => {
        const state = stateOf(input);
        expect(bitsOf(joinState(splitState(state, given)))).toEqual(bitsOf(state));
      }),
      { numRuns: 60 },
    );
  });

  it('are as small as they are to be, and named after what is in them', () => {
    const parts = splitState(stateOf({ arrays: [4, 5, 60, 6, 40], changes: 7, seed: 1 }), sizes);
    for (const { name, bytes } of parts)
      if (!/^(header|log)/.test(name)) expect(bytes.length, name).toBeLessThanOrEqual(100);
    const names = parts.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining([
        'header',
        'weights/layer0/filter ... weights/layer1/filter',
        'weights/layer2/filter [1/3]',
        'weights/layer2/filter [3/3]',
        'weights/layer3/filter',
        'weights/layer4/filter [2/2]',
        'best/layer0/filter',
        'log/0',
        'log/2',
      ]),
    );
  });

  it('stay the same where nothing has changed', () => {
    const bytesOf = (state: TrainState): Map<string, string> =>
      new Map(splitState(state, sizes).map(({ name, bytes }) => [name, Buffer.from(bytes).toString('hex')]));
    const before = stateOf({ arrays: [60, 60], changes: 7, seed: 1 });
    const weights = { ...before.weights, 'layer1/filter': numbers(60, 50) };
    const ledger = { ...before.ledger, log: [...before.ledger.log, change(7), change(8), change(9)] };
    const [first, second] = [bytesOf(before), bytesOf({ ...before, weights, ledger, step: 8 })];
    const changed = [...second].flatMap(([name, bytes]) =>
      first.get(name) === bytes || name.startsWith('json') ? [] : [name],
    );
    expect(changed.sort()).toEqual([
      'log/2', // had one change, has three
      'log/3',
      'weights/layer1/filter [1/3]',
      'weights/layer1/filter [2/3]',
      'weights/layer1/filter [3/3]',
    ]);
  });
});
