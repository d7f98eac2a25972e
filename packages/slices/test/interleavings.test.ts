import fc from 'fast-check';
import type { Scheduler } from 'fast-check';
import { expect, it } from 'vitest';
import { ceRelabel, sgd, train } from '@selfcure/core';
import type { Callback, Model, TrainState } from '@selfcure/core';
import { loadRun, memoryStore, trainSlice } from '@selfcure/slices';
import type { SliceCursor, SliceStore, SliceTraining } from '@selfcure/slices';
import type { Backend } from '@selfcure/tensor';
import { wasm } from '@selfcure/wasm';
import { stripes } from '../../core/test/stripes.ts';
import { bitsOf } from './training.ts';
import { pooled, throughStore } from './workers.ts';

const runId = 'run';

/** A linear classifier over the pixels: slices that are over in milliseconds. */
const linear: Model = {
  name: 'linear',
  options: {},
  inputShape: [12, 12, 1],
  classes: 4,
  apply: (ops, images) => ops.reshape(images, [images.shape[0]!, 144]),
};

const data = stripes({ samples: 40 });
const training = (backend: Backend, ...callbacks: Callback[]): SliceTraining => ({
  backend,
  recipe: ceRelabel({ margin: 0.01, start: 1 }),
  model: linear,
  data,
  batchSize: 8,
  optimizer: sgd({ learningRate: 0.5, momentum: 0.9 }),
  epochs: 2,
  seed: 3,
  callbacks,
});
const stepsOfRun = 10;

/** The bits of the run at every place where a slice may end. */
async function trajectory(backend: Backend): Promise<Map<string, ReturnType<typeof bitsOf>>> {
  const found = new Map<string, ReturnType<typeof bitsOf>>();
  const keep = (state: TrainState): void => {
    found.set(`${state.epoch}/${state.step}`, bitsOf(state));
  };
  for (let steps = 1; steps <= stepsOfRun; steps++) {
    let done = 0;
    keep((await train({ ...training(backend), until: () => ++done === steps })).state);
  }
  await train(training(backend, { name: 'Keeping', onEpochEnd: ({ state }) => keep(state) }));
  return found;
}

/** What a worker gets to do: slices, each of some steps, which may die at a call of the store, before or after it is carried out. */
const deliveries = fc.array(
  fc.record({
    steps: fc.integer({ min: 1, max: 7 }),
    saveEvery: fc.constantFrom(0, 60_000),
    dies: fc.option(fc.record({ at: fc.integer({ min: 1, max: 30 }), carriedOut: fc.boolean() }), { freq: 2 }),
  }),
  { minLength: 1, maxLength: 5 },
);
/** Time that a call of the store takes; a lease, which nothing renews here, is 1000, and a slice makes some 20 calls. */
const delays = fc
  .constantFrom(20, 80, 250)
  .chain((max) => fc.array(fc.integer({ min: 0, max }), { minLength: 3, maxLength: 7 }));

it('whatever two workers do and wherever they die, the stored run is the uninterrupted one', async () => {
  const backend = pooled(await wasm());
  const expected = await trajectory(backend);
  expect(expected.size).toBe(stepsOfRun + 2);
  const seen = { deaths: 0, busy: 0, discarded: 0, takeovers: 0, saves: 0 };

  /** One case: the workers' calls of the store come in an order of the scheduler's choice. */
  const play = async (
    scheduler: Scheduler,
    workers: (typeof deliveries extends fc.Arbitrary<infer T> ? T : never)[],
    durations: number[],
  ): Promise<void> => {
    const inner = memoryStore();
    let time = 1e12;
    let calls = 0;
    let last = { number: 0, epoch: 1, step: 0, fence: 0 };
    /** What is in the record after every change of it. */
    const look = async (): Promise<void> => {
      const { fence, generations } = JSON.parse(Buffer.from((await inner.get('run/head'))!).toString()) as {
        fence: number;
        generations: { number: number; epoch: number; step: number }[];
      };
      expect(fence).toBeGreaterThanOrEqual(last.fence);
      const newest = generations[0] ?? { number: 0, epoch: 1, step: 0 };
      if (newest.number !== last.number) {
        seen.saves++;
        // Every save gets further: no step is stored twice.
        expect(newest.number).toBe(last.number + 1);
        const order = (newest.epoch - last.epoch) * 100 + newest.step - last.step;
        if (order === 0) expect(newest).toMatchObject({ epoch: 3, step: 0 });
        else expect(order).toBeGreaterThan(0);
        const { state, cursor } = await loadRun({ store: inner, runId });
        expect(cursor.generation).toBe(newest.number);
        expect(bitsOf(state!)).toEqual(expected.get(`${newest.epoch}/${newest.step}`));
      }
      last = { ...newest, fence };
    };
    const deliver = async (
      store: SliceStore,
      { steps, saveEvery }: { readonly steps: number; readonly saveEvery: number },
    ): Promise<SliceCursor> => {
      const signal = { aborted: false };
      let done = 0;
      const counting: Callback = {
        name: 'Counting',
        onStepEnd: () => {
          signal.aborted = ++done >= steps;
        },
      };
      const lease = 1000;
      return await trainSlice({
        store,
        runId,
        signal,
        saveEvery,
        lease,
        now: () => time,
        train: training(backend, counting),
      });
    };
    const work = async (name: string, slices: (typeof workers)[number]): Promise<void> => {
      for (const { dies, ...slice } of slices) {
        let own = 0;
        let dead = false;
        const store = throughStore(inner, async (call, carryOut) => {
          await scheduler.schedule(Promise.resolve(), `${name} ${call.operation} ${call.key}`);
          if (dead) throw new Error('dead');
          time += durations[calls++ % durations.length]!;
          dead = ++own === dies?.at;
          if (dead && !dies!.carriedOut) throw new Error('dead');
          const result = await carryOut();
          if (call.operation === 'compareAndSet' && result === true) await look();
          if (dead) throw new Error('dead');
          return result;
        });
        try {
          for (let tries = 0; tries < 12; tries++) {
            const { status, discarded } = await deliver(store, slice);
            if (discarded > 0) seen.discarded++;
            if (status !== 'busy') break;
            seen.busy++;
          }
        } catch (error) {
          // A dead worker's errors are nobody's; any other is a fault.
          if (!dead) throw error;
          seen.deaths++;
        }
      }
    };
    await scheduler.waitFor(Promise.all(workers.map((slices, i) => work(`worker ${i}`, slices))));

    const leases = last.fence;
    time += 10_000;
    for (let cursor = await deliver(inner, { steps: 4, saveEvery: 0 }); cursor.status !== 'finished';)
      cursor = await deliver(inner, { steps: 4, saveEvery: 0 });
    if (leases > last.number) seen.takeovers++;
    const { state, cursor } = await loadRun({ store: inner, runId });
    expect(cursor).toMatchObject({ status: 'finished', epoch: 3, step: 0 });
    expect(bitsOf(state!)).toEqual(expected.get('3/0'));
    expect(state!.ledger.log.length).toBeGreaterThan(0);
  };
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.tuple(deliveries, deliveries), delays, (scheduler, workers, durations) =>
      play(scheduler, workers, durations),
    ),
    { numRuns: 80, interruptAfterTimeLimit: 15_000 },
  );
  // The cases were not idle.
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(5);
});
