import { decodeSafetensors, train } from '@selfcure/core';
import { wasm } from '@selfcure/wasm';
import type { Backend } from '@selfcure/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Setup, WorkerEvent } from '../src/protocol.ts';
import { createSession } from '../src/session.ts';
import type { Session } from '../src/session.ts';
import { prepare } from '../src/setup.ts';
import type { RunStore, StoredRun } from '../src/storage.ts';

const setup: Setup = { source: { kind: 'faces', samples: 140, noise: 0.3 }, recipe: 'scn', epochs: 6, seed: 3 };

/** A store in memory. */
function memoryStore(): RunStore & { stored: StoredRun | null } {
  const store: RunStore & { stored: StoredRun | null } = {
    notKept: null,
    stored: null,
    load: async () => store.stored,
    begin: async (begun, arithmetic) => void (store.stored = { setup: begun, arithmetic, decisions: [] }),
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

/** A session and what it says; `during` is told every event and may answer. */
function open(
  store: RunStore,
  during: (event: WorkerEvent, session: Session) => void = () => {},
): { session: Session; events: WorkerEvent[] } {
  const events: WorkerEvent[] = [];
  const session = createSession({
    backend,
    arithmetic: 'test',
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
    await second.session.restore();
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
    await second.session.restore();
    expect(second.events.at(-2)).toMatchObject({
      type: 'failed',
      message: expect.stringMatching(/cannot go on.*another run/),
    });
    expect(second.events.at(-1)).toMatchObject({ type: 'phase', phase: 'idle' });
  });
});
