import { decodeSafetensors, train } from '@selfcure/core';
import { wasm } from '@selfcure/wasm';
import type { Backend } from '@selfcure/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEngine, Setup, WorkerEvent } from '../src/protocol.ts';
import { createSession } from '../src/session.ts';
import type { Session, SessionHost } from '../src/session.ts';
import { prepare } from '../src/setup.ts';
import type { RunStore, StoredRun } from '../src/storage.ts';

const setup: Setup = { source: { kind: 'faces', samples: 140, noise: 0.3 }, recipe: 'scn', epochs: 6, seed: 3 };

/** A store in memory. */
function memoryStore(): RunStore & { stored: StoredRun | null } {
  const store: RunStore & { stored: StoredRun | null } = {
    notKept: null,
    stored: null,
    load: async () => store.stored,
    begin: async (begun) => void (store.stored = { setup: begun, engines: [], decisions: [] }),
    saveEngines: async (engines) => void (store.stored = { ...store.stored!, engines }),
    saveState: async (state) => void (store.stored = { ...store.stored!, state, decisions: [] }),
    saveDecisions: async (decisions) => void (store.stored = { ...store.stored!, decisions }),
    clear: async () => void (store.stored = null),
  };
  return store;
}

let backend: Backend;
beforeAll(async () => {
  backend = await wasm();
});
afterAll(() => backend.close());

/** One engine that always runs. */
const steady = (): SessionHost['engines'] => ({
  ready: async () => ({ name: 'steady', title: 'Steady', arithmetic: 'test', backend }),
  take: async () => {},
  failed: () => null,
});

/** A session and what it says; `during` is told every event and may answer. */
function open(
  store: RunStore,
  during: (event: WorkerEvent, session: Session) => void = () => {},
  engines: SessionHost['engines'] = steady(),
): { session: Session; events: WorkerEvent[] } {
  const events: WorkerEvent[] = [];
  const session = createSession({
    engines,
    store,
    post: (event) => {
      events.push(event);
      during(event, session);
    },
  });
  return { session, events };
}

const fileOf = (session: Session, events: readonly WorkerEvent[], file: 'model.safetensors' | 'labels.csv'): Buffer => {
  session.sendFile(file);
  const sent = events.findLast((event) => event.type === 'file');
  if (sent?.type !== 'file') throw new Error('the session sent no file');
  return Buffer.from(sent.bytes);
};

describe('a session', () => {
  it('ends as one uninterrupted run does, bit for bit', async () => {
    const { session, events } = open(memoryStore());
    await session.start(setup);
    const { facts: _, ...options } = prepare(setup);
    const whole = await train({ ...options, backend });
    const { arrays } = decodeSafetensors(fileOf(session, events, 'model.safetensors'));
    expect(Object.fromEntries(Object.entries(arrays).map(([name, { data }]) => [name, data]))).toEqual(
      whole.model.weights,
    );
    const current = String(fileOf(session, events, 'labels.csv'))
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => options.data.classes.indexOf(line.split(',')[3]!));
    expect(current).toEqual([...whole.ledger.current]);
  });

  it('takes decisions during an epoch, trains on them from the next one, and keeps them', async () => {
    const store = memoryStore();
    let waiting = true;
    const { session, events } = open(store, (event, running) => {
      if (event.type !== 'step' || event.epoch !== 3 || event.step !== 1 || !waiting) return;
      waiting = false;
      running.decide({ kind: 'verify', sample: 7, label: 2 });
      running.decide({ kind: 'verify', sample: 8, label: 4 });
      running.decide({ kind: 'undo' });
      expect(store.stored?.decisions).toHaveLength(3);
    });
    await session.start(setup);
    expect(store.stored?.decisions).toHaveLength(0);
    const rows = String(fileOf(session, events, 'labels.csv')).split('\n');
    expect(rows[8]).toMatch(/^7,.*,fear,0,1$/);
    expect(rows[9]).toMatch(/^8,.*,0$/);
    expect(events.filter((event) => event.type === 'labels').at(-1)).toMatchObject({
      changed: { sample: 8, undone: true },
    });
  });

  it('does not lose decisions of an epoch that was cut off', async () => {
    const store = memoryStore();
    const first = open(store, (event, running) => {
      if (event.type !== 'step' || event.epoch !== 3 || event.step !== 2) return;
      running.decide({ kind: 'verify', sample: 7, label: 2 });
      cut = { ...store.stored! };
      running.pause();
    });
    let cut: StoredRun | null = null;
    await first.session.start(setup);
    // As if the page had been closed right after the decision.
    store.stored = cut;
    const second = open(store);
    await second.session.restore(store.stored);
    expect(second.events.at(-1)).toEqual({ type: 'phase', phase: 'paused', epoch: 3, step: 0 });
    expect(String(fileOf(second.session, second.events, 'labels.csv')).split('\n')[8]).toMatch(/^7,.*,fear,0,1$/);
  });

  it('says that a kept run cannot go on where it belongs to another setup', async () => {
    const store = memoryStore();
    const { session } = open(store, (event, running) => {
      if (event.type === 'step' && event.epoch === 2) running.pause();
    });
    await session.start(setup);
    store.stored = { ...store.stored!, setup: { ...setup, seed: 4 } };
    const second = open(store);
    await second.session.restore(store.stored);
    expect(second.events.at(-2)).toMatchObject({
      type: 'failed',
      message: expect.stringMatching(/cannot go on.*another run/),
    });
    expect(second.events.at(-1)).toMatchObject({ type: 'phase', phase: 'idle' });
  });

  it('goes on from the last finished epoch after its engine failed, with the same bits', async () => {
    const whole = open(memoryStore());
    await whole.session.start(setup);

    const store = memoryStore();
    let step = '';
    let decided = false;
    const { session, events } = open(
      store,
      (event, running) => {
        // A decision of the epoch that is lost is not lost.
        if (event.type !== 'step') return;
        step = `${event.epoch}.${event.step}`;
        if (step !== '3.1' || decided) return;
        decided = true;
        running.decide({ kind: 'verify', sample: 7, label: 2 });
        running.decide({ kind: 'undo' });
      },
      faultyEngines(() => step === '3.2'),
    );
    await session.start(setup);
    expect(events.at(-2)).toEqual({
      type: 'engine-failed',
      message:
        'One stopped: it was pulled out. All that was trained up to the end of epoch 2 is kept, and so are your decisions: continue from there.',
      details: 'the device is gone',
    });
    expect(events.at(-1)).toEqual({ type: 'phase', phase: 'paused', epoch: 3, step: 0 });
    await session.proceed('other');
    expect(events.at(-1)).toMatchObject({ type: 'phase', phase: 'finished' });
    expect(fileOf(session, events, 'model.safetensors')).toEqual(
      fileOf(whole.session, whole.events, 'model.safetensors'),
    );
    expect(fileOf(session, events, 'labels.csv')).toEqual(fileOf(whole.session, whole.events, 'labels.csv'));
    const trainedOn: readonly RunEngine[] = [
      { name: 'one', title: 'One', arithmetic: 'test', epoch: 1 },
      { name: 'other', title: 'Other', arithmetic: 'test', epoch: 3 },
    ];
    expect(store.stored!.engines).toEqual(trainedOn);
    expect(events.findLast((event) => event.type === 'trained-on')).toEqual({ type: 'trained-on', engines: trainedOn });
  });

  it('keeps a run whose engine fails when it is opened again', async () => {
    const store = memoryStore();
    const first = open(store, (event, running) => {
      if (event.type === 'step' && event.epoch === 2) running.pause();
    });
    await first.session.start(setup);
    const second = open(
      store,
      () => {},
      faultyEngines(() => true),
    );
    await second.session.restore(store.stored);
    expect(second.events.at(-2)).toMatchObject({
      type: 'engine-failed',
      message: expect.stringMatching(/^One stopped.* epoch 2, step 1 is kept/),
    });
    await second.session.proceed('other');
    expect(second.events.at(-1)).toMatchObject({ type: 'phase', phase: 'finished' });
    expect(store.stored!.engines).toEqual([
      { name: 'steady', title: 'Steady', arithmetic: 'test', epoch: 1 },
      { name: 'other', title: 'Other', arithmetic: 'test', epoch: 2 },
    ]);
  });
});

/** Two engines, the first of which compiles and runs nothing more when it fails. */
function faultyEngines(fails: () => boolean): SessionHost['engines'] {
  let current = 'one';
  const check = (): void => {
    if (fails()) throw new Error('the device is gone');
  };
  const failing: Backend = {
    ...backend,
    compile: async (graph) => {
      check();
      const program = await backend.compile(graph);
      return {
        ...program,
        run: async (...args) => {
          check();
          return program.run(...args);
        },
      };
    },
  };
  return {
    ready: async () =>
      current === 'one'
        ? { name: 'one', title: 'One', arithmetic: 'test', backend: failing }
        : { name: 'other', title: 'Other', arithmetic: 'test', backend },
    take: async (name) => void (current = name),
    failed: (error) => ((error as Error).message === 'the device is gone' ? 'One stopped: it was pulled out' : null),
  };
}
