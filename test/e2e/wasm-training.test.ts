/** The training loop on WebAssembly: resume to the bit, flat memory, and the same label decisions as the oracle. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adam, ce, cure, decodeTrainState, encodeTrainState, evaluate, scn, train } from '@selfcure/core';
import type { TrainOptions } from '@selfcure/core';
import { faceAugmentation, facesDataset, symmetricNoise } from '@selfcure/data';
import { faceCnn } from '@selfcure/models';
import { reference } from '@selfcure/reference';
import type { Backend } from '@selfcure/tensor';
import { wasm } from '@selfcure/wasm';

let backend: Backend;
beforeAll(async () => {
  backend = await wasm();
});
afterAll(() => backend.close());

const faces = { size: 16, intensity: [0.7, 1], pose: 0.2, identity: 0.4, light: 0.4, occlusion: 0 } as const;
const data = symmetricNoise(facesDataset({ samples: 80, seed: 1, ...faces }), { rate: 0.3, seed: 2 });
const settings = (more: Partial<TrainOptions>): TrainOptions => ({
  backend,
  data,
  model: faceCnn({ size: 16, width: 0.125 }),
  recipe: cure(),
  epochs: 2,
  batchSize: 16,
  augmentation: faceAugmentation(),
  ...more,
});

describe('training on WebAssembly', () => {
  it.each([
    ['scn', scn({ relabelEpoch: 1, margin2: 0.02, preset: 'official-code' })],
    ['cure', cure({ start: 1, drop: 0.02, edit: 0.1 })],
  ])('%s: ten steps equal four, save, load, six, bit for bit', async (_, recipe) => {
    const options = settings({ recipe, weightAverage: 0.9 });
    const whole = await train(options);
    let steps = 0;
    const paused = await train({ ...options, until: () => ++steps === 4 });
    expect(paused.state.step).toBe(4);
    const bytes = encodeTrainState(paused.state);
    const resumed = await train({ ...options, resume: decodeTrainState(bytes) });
    expect(Object.keys(resumed.state.weights)).toEqual(Object.keys(whole.state.weights));
    for (const [name, values] of Object.entries(whole.state.weights)) {
      expect(Buffer.from(resumed.state.weights[name]!.buffer).equals(Buffer.from(values.buffer)), name).toBe(true);
    }
    expect(resumed.ledger.changes()).toEqual(whole.ledger.changes());
    expect(whole.ledger.changes().length).toBeGreaterThan(0);
    expect(resumed.state.memory).toEqual(whole.state.memory);
  });

  it('holds as much after 200 steps as after 20', async () => {
    const held: { values: number; bytes: number }[] = [];
    await train(
      settings({
        recipe: scn({ relabelEpoch: 2 }),
        epochs: 40,
        callbacks: [{ name: 'memory', onEpochEnd: () => void held.push(backend.memory()) }],
      }),
    );
    expect(held).toHaveLength(40); // five steps each
    expect(held[39]).toEqual(held[3]);
    expect(backend.memory().values).toBeLessThan(held[3]!.values);
  });

  it('decides as the oracle does', async () => {
    const recipe = scn({ relabelEpoch: 1, margin2: 0.03 });
    const [fast, exact] = [
      await train(settings({ recipe, epochs: 1 })),
      await train(settings({ recipe, epochs: 1, backend: reference() })),
    ];
    const decisions = (run: typeof fast): object[] =>
      run.ledger.changes().map(({ sample, from, to }) => ({ sample, from, to }));
    expect(decisions(fast).length).toBeGreaterThan(0);
    expect(decisions(fast)).toEqual(decisions(exact));
    expect(fast.history.last()!.loss).toBeCloseTo(exact.history.last()!.loss!, 3);
  });

  it('learns faces', async () => {
    const clean = facesDataset({ samples: 560, seed: 3, ...faces });
    const run = await train(
      settings({
        data: clean,
        epochs: 25,
        optimizer: adam({ learningRate: 4e-3 }),
        model: faceCnn({ size: 16, width: 0.25 }),
        recipe: ce(),
      }),
    );
    const { accuracy } = await evaluate({
      backend,
      model: run.model,
      data: facesDataset({ samples: 140, seed: 4, ...faces }),
    });
    expect(accuracy).toBeGreaterThan(0.5); // chance is 1 in 7; seeds reach 0.56 to 0.72
  });
});
