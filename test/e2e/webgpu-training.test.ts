/** The training loop on WebGPU, in Node and in Chromium: the label decisions of the oracle, and runs that lose their device. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adam, cure, decodeTrainState, encodeTrainState, scn, train, TrainError } from '@selfcure/core';
import type { Callback, LabelChange, Method, Run, TrainOptions } from '@selfcure/core';
import { facesDataset, symmetricNoise } from '@selfcure/data';
import { faceCnn, resnet18 } from '@selfcure/models';
import { reference } from '@selfcure/reference';
import type { Backend } from '@selfcure/tensor';
import { webgpu, WebGpuDeviceLostError } from '@selfcure/webgpu';
import { ownDevice, whyNoWebGpu } from '../../adapters/webgpu/test/open.ts';
import { tinyModel } from '../../adapters/webgpu/test/tiny-model.ts';
import { stripes } from '../../packages/core/test/stripes.ts';
import { thorough } from '../conformance/thorough.ts';

const absent = await whyNoWebGpu();

const settings = (backend: Backend, seed: number, more: Partial<TrainOptions>): TrainOptions => ({
  backend,
  seed,
  data: stripes({ samples: 48, noise: 0.3, seed }),
  model: faceCnn({ classes: 4, size: 12, width: 0.125 }),
  recipe: cure(),
  epochs: 5,
  batchSize: 8,
  /**
   * Adam divides a gradient by its own size; one that is zero but for rounding, by epsilon. At 1e-8 such noise moves weights, and
   * any two orders of addition part after a few steps; at 1e-4 probabilities in float32 stay within 1e-5 of those in float64.
   */
  optimizer: adam({ learningRate: 5e-3, epsilon: 1e-4 }),
  ...more,
});

const recipes: readonly [string, () => Method][] = [
  ['scn', () => scn({ relabelEpoch: 2, margin2: 0.1 })],
  ['scn, official code', () => scn({ relabelEpoch: 2, preset: 'official-code' })],
  ['cure', () => cure({ edit: 0.3 })],
];
/** With these, a threshold that is 1e-4 higher or lower decides the same. */
const seeds = thorough ? [1, 2, 3, 4, 6, 7] : [1, 3, 6];

describe.skipIf(absent)('decisions about labels', () => {
  let backend: Backend;
  const oracle = reference();
  beforeAll(async () => {
    backend = await webgpu();
  });
  afterAll(async () => {
    await backend?.close();
    await oracle.close();
  });

  /** A change without what depends on rounding. */
  const decision = ({ epoch, step, sample, kind, from, to, strategy }: LabelChange): object => ({
    epoch,
    step,
    sample,
    kind,
    from,
    to,
    strategy,
  });

  for (const [name, recipe] of recipes) {
    it.each(seeds)(`${name}: as the oracle decides, seed %i`, async (seed) => {
      const [fast, exact] = [
        await train(settings(backend, seed, { recipe: recipe() })),
        await train(settings(oracle, seed, { recipe: recipe() })),
      ];
      const [got, want] = [fast.ledger.changes(), exact.ledger.changes()];
      expect(want.length).toBeGreaterThan(0);
      expect(got.map(decision)).toEqual(want.map(decision));
      expect(fast.ledger.current).toEqual(exact.ledger.current);
      expect(fast.ledger.dropped).toEqual(exact.ledger.dropped);
      got.forEach(({ score }, i) => expect(Math.abs(score - want[i]!.score)).toBeLessThan(5e-5));
      fast.rows.probabilities.forEach((p, i) =>
        expect(Math.abs(p - exact.rows.probabilities[i]!), `probability ${i}`).toBeLessThan(5e-5),
      );
    });
  }

  it.runIf(thorough)(
    'through ResNet-18, whose losses are those of the oracle',
    async () => {
      const options = (engine: Backend): TrainOptions =>
        settings(engine, 1, {
          data: symmetricNoise(facesDataset({ samples: 12, seed: 1 }), { rate: 0.3, seed: 2 }),
          model: resnet18({ size: 48, channels: 1, stem: '7x7-s2', width: 0.25 }),
          recipe: scn({ relabelEpoch: 1, margin2: 0.02, preset: 'official-code' }),
          batchSize: 4,
          epochs: 2,
        });
      const [fast, exact] = [await train(options(backend)), await train(options(oracle))];
      expect(exact.ledger.changes().length).toBeGreaterThan(0);
      expect(fast.ledger.changes().map(decision)).toEqual(exact.ledger.changes().map(decision));
      exact.state.history.forEach(({ loss }, epoch) =>
        expect(Math.abs(fast.state.history[epoch]!.loss! / loss! - 1)).toBeLessThan(1e-4),
      );
    },
    300_000,
  );
});

describe.skipIf(absent)('a run that loses its device', () => {
  const options = (backend: Backend, more: Partial<TrainOptions> = {}): TrainOptions =>
    settings(backend, 1, {
      model: tinyModel,
      recipe: scn({ preset: 'official-code', relabelEpoch: 1, margin2: 0.05 }),
      validation: stripes({ samples: 20, seed: 2 }),
      weightAverage: 0.9,
      keepBest: 'validation/accuracy',
      epochs: 4,
      ...more,
    });
  /** All that must be equal: everything but seconds, in bytes. */
  const outcome = (run: Run): object => ({
    end: run.end,
    bytes: encodeTrainState({ ...run.state, history: run.state.history.map((log) => ({ ...log, seconds: 0 })) }),
    changes: run.ledger.changes(),
    labels: run.ledger.current,
    best: run.best?.epoch,
  });

  let whole: Run;
  beforeAll(async () => {
    const backend = await webgpu();
    whole = await train(options(backend));
    await backend.close();
  }, 60_000);

  /** Ways in which a device goes in the third epoch, after its second step. */
  const losses: readonly [string, (device: GPUDevice) => Callback][] = [
    [
      'between two steps',
      (device) => ({
        name: 'loss',
        onStepEnd: ({ epoch, step }) => {
          if (epoch === 3 && step === 2) device.destroy();
        },
      }),
    ],
    [
      'while a step runs',
      (device) => ({
        name: 'loss',
        onStepEnd: ({ epoch, step }) => {
          if (epoch !== 3 || step !== 2) return;
          const submit = device.queue.submit.bind(device.queue);
          device.queue.submit = (buffers) => {
            submit(buffers);
            device.destroy();
          };
        },
      }),
    ],
    [
      'at the end of an epoch',
      (device) => ({
        name: 'loss',
        onStepEnd: ({ epoch, step, stepsPerEpoch }) => {
          if (epoch === 3 && step === stepsPerEpoch) device.destroy();
        },
      }),
    ],
  ];

  it.each(losses)(
    '%s: the error carries the last epoch, and the rest is as if nothing had happened',
    async (_, loss) => {
      const { device, close } = await ownDevice();
      const first = await webgpu({ device });
      let steps = 0;
      const running = train(
        options(first, { callbacks: [loss(device), { name: 'steps', onStepEnd: () => void steps++ }] }),
      );
      const error: unknown = await running.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TrainError);
      const { cause, message, state } = error as TrainError;
      expect(cause).toBeInstanceOf(WebGpuDeviceLostError);
      expect(message).toMatch(/device was lost \(destroyed\).*go on from the last state/s);
      expect(state).toMatchObject({ epoch: 3, step: 0 });
      expect(state.history).toHaveLength(2);
      expect(steps).toBeGreaterThanOrEqual(2 * 6 + 2);
      expect(steps).toBeLessThan(4 * 6);
      expect(first.memory().values).toBe(0);
      await first.close();
      await close();

      const second = await webgpu();
      const resumed = await train(options(second, { resume: decodeTrainState(encodeTrainState(state)) }));
      await second.close();
      expect(outcome(resumed)).toEqual(outcome(whole));
      for (const part of [state.ledger.log.length, whole.ledger.changes().length - state.ledger.log.length])
        expect(part).toBeGreaterThan(0);
    },
  );
});
