import { beforeAll, describe, expect, it } from 'vitest';
import { ce, earlyStopping, OptionError, terminateOnNaN, train } from '@selfcure/core';
import type { Callback, Dataset, TrainState } from '@selfcure/core';
import { DamagedStateError, loadRun, memoryStore, StoreError, trainSlice } from '@selfcure/slices';
import type { SliceCursor, SliceOptions, SliceStore, SliceTraining } from '@selfcure/slices';
import type { Backend } from '@selfcure/tensor';
import { wasm } from '@selfcure/wasm';
import { bitsOf, tinyTraining } from './training.ts';
import { contentOf, pooled, throughStore } from './workers.ts';
import type { StoreCall } from './workers.ts';

const runId = 'run';
let backend: Backend;
let whole: TrainState;
beforeAll(async () => {
  backend = pooled(await wasm());
  whole = (await train(tinyTraining(backend))).state;
});

/** Options with more callbacks. */
const withCallbacks = (training: SliceTraining, ...callbacks: Callback[]): SliceTraining => ({
  ...training,
  callbacks: [...(training.callbacks ?? []), ...callbacks],
});

/** A slice of some steps. */
async function slice(
  store: SliceStore,
  steps: number,
  { train: training = tinyTraining(backend), ...more }: Partial<SliceOptions> & { train?: SliceTraining } = {},
): Promise<SliceCursor> {
  const signal = { aborted: false };
  let done = 0;
  const counting: Callback = {
    name: 'Counting',
    onStepEnd: () => {
      signal.aborted = ++done >= steps;
    },
  };
  return await trainSlice({ store, runId, signal, train: withCallbacks(training, counting), ...more });
}

async function stateIn(store: SliceStore): Promise<TrainState> {
  return (await loadRun({ store, runId })).state!;
}

/** A store that notes calls of it. */
function noting(store: SliceStore): { store: SliceStore; calls: StoreCall[] } {
  const calls: StoreCall[] = [];
  const noted = throughStore(store, (call, carryOut) => {
    calls.push(call);
    return carryOut();
  });
  return { store: noted, calls };
}

describe('slices end to end', () => {
  it.each([1, 3, 4, 5, 100])('of %i steps give the bits of one run', async (steps) => {
    const store = memoryStore();
    const cursors: SliceCursor[] = [];
    do cursors.push(await slice(store, steps, { ...(cursors.length && { cursor: cursors.at(-1)! }) }));
    while (cursors.at(-1)!.status === 'running');
    expect(bitsOf(await stateIn(store))).toEqual(bitsOf(whole));
    // 12 steps; where a slice ends with an epoch's last step, the next one begins with that epoch's end.
    expect(cursors.map((cursor) => cursor.steps).reduce((sum, count) => sum + count)).toBe(12);
    expect(cursors.map(({ generation }) => generation)).toEqual(cursors.map((_, i) => i + 1));
    expect(cursors.at(-1)).toMatchObject({
      status: 'finished',
      epoch: 4,
      step: 0,
      epochs: 3,
      damage: [],
      discarded: 0,
    });
    expect(cursors.at(-1)!.log).toEqual(whole.history.at(-1) && (await stateIn(store)).history.at(-1));
  });

  it('of a finished run train nothing more, and its state gives the run', async () => {
    const store = memoryStore();
    await slice(store, 100);
    const { state } = await loadRun({ store, runId });
    let steps = 0;
    const counting: Callback = { name: 'Counting', onStepEnd: () => void steps++ };
    const run = await train({ ...withCallbacks(tinyTraining(backend), counting), resume: state! });
    expect(steps).toBe(0);
    expect(run.end).toBe('finished');
    expect(run.ledger.changes()).toEqual(whole.ledger.log);
    expect(run.ledger.changes().length).toBeGreaterThan(0);
  });

  it('answers for a run that nobody has begun', async () => {
    const { cursor, state } = await loadRun({ store: memoryStore(), runId });
    expect(state).toBeNull();
    expect(cursor).toMatchObject({ status: 'running', generation: 0, epoch: 1, step: 0, epochs: null, log: null });
  });
});

describe('deliveries of one slice', () => {
  it('100 of a finished run change nothing, and open no engine', async () => {
    const store = memoryStore();
    await slice(store, 100);
    const before = await contentOf(store, runId);
    const open = (): never => {
      throw new Error('the engine was opened');
    };
    const deliver = (): Promise<SliceCursor> => trainSlice({ store, runId, train: open });
    const cursors = [...(await Promise.all(Array.from({ length: 50 }, deliver)))];
    for (let i = 0; i < 50; i++) cursors.push(await deliver());
    expect(cursors.map(({ status, steps }) => `${status} ${steps}`)).toEqual(Array(100).fill('finished 0'));
    expect(await contentOf(store, runId)).toEqual(before);
  });

  it('100 of one that was trained already change nothing', async () => {
    const store = memoryStore();
    const first = await slice(store, 2);
    const second = await slice(store, 3, { cursor: first });
    const before = await contentOf(store, runId);
    for (let i = 0; i < 100; i++) {
      const again = await slice(store, 3, { cursor: i % 2 ? first : { generation: 0 } });
      expect(again).toEqual({ ...second, steps: 0 });
    }
    expect(await contentOf(store, runId)).toEqual(before);
  });

  it('100 at once train it once', async () => {
    const store = memoryStore();
    const cursors = await Promise.all(
      Array.from({ length: 100 }, () => slice(store, 5, { cursor: { generation: 0 } })),
    );
    const trained = cursors.filter(({ steps }) => steps > 0);
    expect(trained).toMatchObject([{ status: 'running', steps: 5, generation: 1, epoch: 2, step: 1 }]);
    for (const other of cursors)
      if (!trained.includes(other)) {
        expect(other).toMatchObject({ status: 'busy', generation: 0, steps: 0 });
        expect(other.retryAfter).toBeGreaterThan(0);
        expect(other.retryAfter).toBeLessThanOrEqual(60_000);
      }
    while ((await slice(store, 5)).status === 'running');
    expect(bitsOf(await stateIn(store))).toEqual(bitsOf(whole));
  });

  it('say when a store has lost what the sender saw', async () => {
    const store = memoryStore();
    const { generation } = await slice(store, 2);
    const open = (): never => {
      throw new Error('the engine was opened');
    };
    const deliver = (): Promise<SliceCursor> =>
      trainSlice({ store, runId, train: open, cursor: { generation: generation + 1 } });
    await expect(deliver()).rejects.toThrow(/has generation 1, the cursor 2: the store has lost writes/);
    await expect(deliver()).rejects.toThrow(StoreError);
  });
});

describe('two workers', () => {
  it('one that is away for too long cannot write any more', async () => {
    const store = memoryStore();
    let time = 1e12;
    const now = (): number => time;
    // Of this clock; renewals, by that of the machine, are too rare to happen.
    const lease = 1e6;
    let inner: SliceCursor[] = [];
    const away: Callback = {
      name: 'Away',
      onStepEnd: async ({ epoch, step }) => {
        if (epoch !== 1 || step !== 3) return;
        // Still held: another worker is told when to come back.
        inner = [await slice(store, 2, { now, lease })];
        time += lease + 1;
        inner.push(await slice(store, 2, { now, lease }));
        inner.push(await slice(store, 3, { now, lease }));
      },
    };
    const training = withCallbacks(tinyTraining(backend), away);
    const zombie = await slice(store, 4, { train: training, now, lease });
    expect(inner).toMatchObject([
      { status: 'busy', retryAfter: lease, steps: 0, generation: 0 },
      { status: 'running', steps: 2, generation: 1, epoch: 1, step: 2 },
      { status: 'running', steps: 3, generation: 2, epoch: 2, step: 1 },
    ]);
    expect(zombie).toMatchObject({ status: 'running', steps: 0, discarded: 4, generation: 2, epoch: 2, step: 1 });
    while ((await slice(store, 5, { now })).status === 'running');
    expect(bitsOf(await stateIn(store))).toEqual(bitsOf(whole));
  });

  it('one that is away while it tidies up removes nothing that its successor has begun to write', async () => {
    const inner = memoryStore();
    let time = 1e12;
    const now = (): number => time;
    const lease = 1e6;
    let goOn = (): void => {};
    const tidied = new Promise<void>((resolve) => (goOn = resolve));
    let successor: Promise<SliceCursor> | null = null;
    const away = throughStore(inner, async (call, carryOut) => {
      if (call.operation === 'keys') {
        time += lease + 1;
        // The successor has written its parts, and waits to name them in the record.
        await new Promise<void>((written) => {
          let changes = 0;
          const waiting = throughStore(inner, async (one, carryOutOne) => {
            if (one.operation === 'compareAndSet' && ++changes === 2) {
              written();
              await tidied;
            }
            return await carryOutOne();
          });
          successor = slice(waiting, 3, { now, lease });
        });
      }
      return await carryOut();
    });
    expect(await slice(away, 2, { now, lease })).toMatchObject({ status: 'busy', steps: 2, generation: 1 });
    goOn();
    expect(await successor).toMatchObject({ status: 'running', steps: 3, generation: 2 });
    while ((await slice(inner, 5, { now })).status === 'running');
    expect(bitsOf(await stateIn(inner))).toEqual(bitsOf(whole));
  });

  it('a lease lasts as long as it is renewed', async () => {
    const store = memoryStore();
    const answers: string[] = [];
    const slow: Callback = {
      name: 'Slow',
      onStepEnd: async () => {
        await new Promise((resolve) => setTimeout(resolve, 1100));
        answers.push((await slice(store, 1, { lease: 1000 })).status);
      },
    };
    const cursor = await slice(store, 2, { train: withCallbacks(tinyTraining(backend), slow), lease: 1000 });
    expect(cursor).toMatchObject({ status: 'running', steps: 2, discarded: 0, generation: 1 });
    expect(answers).toEqual(['busy', 'busy']);
  });

  it('writes whose answers are lost count once', async () => {
    const inner = memoryStore();
    let calls = 0;
    const flaky = throughStore(inner, async (call, carryOut) => {
      const result = await carryOut();
      if (call.operation === 'compareAndSet' && ++calls % 2 === 1) throw new Error('the answer was lost');
      return result;
    });
    for (let i = 0; i < 4; i++) expect(await slice(flaky, 2)).toMatchObject({ status: 'running', steps: 2 });
    while ((await slice(flaky, 2)).status === 'running');
    expect(bitsOf(await stateIn(inner))).toEqual(bitsOf(whole));
    // A retry within the client: the first answer was lost, the second says that the value is another one.
    const retrying = throughStore(memoryStore(), async (call, carryOut) => {
      const result = await carryOut();
      return call.operation === 'compareAndSet' ? await carryOut() : result;
    });
    expect(await slice(retrying, 5)).toMatchObject({ status: 'running', steps: 5, generation: 1 });
  });
});

describe('time', () => {
  /** A machine on which everything takes its time; its clock stands still otherwise. */
  function machine({
    step = 100,
    epochEnd = 1000,
    save = 30,
  }: { step?: number; epochEnd?: number; save?: number } = {}) {
    let time = 1e12;
    const spend = (milliseconds: number): void => {
      time += milliseconds;
    };
    const spending: Callback = {
      name: 'Spending',
      onStepEnd: () => spend(step),
      onEpochEnd: () => spend(epochEnd),
    };
    const store = throughStore(memoryStore(), async (call, carryOut) => {
      if (call.operation === 'set') spend(save);
      return await carryOut();
    });
    return {
      store,
      now: () => time,
      train: withCallbacks({ ...tinyTraining(backend), epochs: 6 }, spending),
    };
  }

  it('ends slices before their deadlines once it has learnt how long things take', async () => {
    const { store, now, train: training } = machine();
    const longest = 2500;
    const slices: { steps: number; spent: number; position: string }[] = [];
    for (let cursor: SliceCursor | null = null; cursor?.status !== 'finished';) {
      const begin = now();
      cursor = await trainSlice({ store, runId, train: training, now, until: begin + longest });
      slices.push({ steps: cursor.steps, spent: now() - begin, position: `${cursor.epoch}/${cursor.step}` });
    }
    // Of 24 steps of 100 ms, 6 ends of epochs of 1000 ms and saves of some 300 ms.
    for (const [i, { spent }] of slices.entries())
      if (i > 1) expect(spent, JSON.stringify(slices)).toBeLessThanOrEqual(longest);
    expect(slices.map(({ steps }) => steps).reduce((sum, count) => sum + count)).toBe(24);
    // The time is used: 8400 ms of work and saves.
    expect(slices.length, JSON.stringify(slices)).toBeLessThanOrEqual(7);
    const uninterrupted = await train(training);
    expect(bitsOf(await stateIn(store))).toEqual(bitsOf(uninterrupted.state));
  });

  it('keeps what it has learnt in the record of the run', async () => {
    const { store, now, train: training } = machine({ step: 100, epochEnd: 700, save: 20 });
    await trainSlice({ store, runId, train: training, now, until: now() + 4000 });
    const { timings } = JSON.parse(Buffer.from((await store.get('run/head'))!).toString()) as {
      timings: Record<string, number>;
    };
    expect(timings).toMatchObject({ step: 100, epochEnd: 700 });
    expect(timings['save']).toBeGreaterThanOrEqual(60);
  });

  it('does a step where the time is too short for any, and nothing where it is over', async () => {
    const { store, now, train: training } = machine();
    const short = await trainSlice({ store, runId, train: training, now, until: now() + 10 });
    expect(short).toMatchObject({ status: 'running', steps: 1, epoch: 1, step: 1 });
    for (const over of [{ until: new Date(now()) }, { signal: AbortSignal.abort() }])
      expect(await trainSlice({ store, runId, train: training, now, ...over })).toEqual({ ...short, steps: 0 });
  });

  it('takes an end of an epoch for progress', async () => {
    const { store, now, train: training } = machine();
    const positions: string[] = [];
    for (let i = 0; i < 6; i++) {
      const { epoch, step } = await trainSlice({ store, runId, train: training, now, until: now() + 10 });
      positions.push(`${epoch}/${step}`);
    }
    expect(positions).toEqual(['1/1', '1/2', '1/3', '1/4', '2/0', '2/1']);
  });

  it('counts the slices that get nowhere', async () => {
    const inner = memoryStore();
    await slice(inner, 2);
    const dead = throughStore(inner, async (call, carryOut) => {
      if (call.operation === 'set') throw new Error('the disk is full');
      return await carryOut();
    });
    for (let i = 1; i <= 3; i++) await expect(slice(dead, 2)).rejects.toThrow('the disk is full');
    expect((await loadRun({ store: inner, runId })).cursor).toMatchObject({ attempts: 3, generation: 1 });
    expect(await slice(inner, 2)).toMatchObject({ attempts: 0, generation: 2 });
  });
});

describe('what is saved', () => {
  it('is what changed, and what the last two generations use', async () => {
    const inner = memoryStore();
    const training: SliceTraining = { ...tinyTraining(backend), frozen: (name) => name.startsWith('conv') };
    await slice(inner, 1, { train: training });
    const before = await contentOf(inner, runId);
    const { store, calls } = noting(inner);
    // Within an epoch: neither labels nor history nor the best weights change.
    await slice(store, 1, { train: training });
    const written = calls.filter(({ operation }) => operation === 'set').map(({ key }) => key);
    const after = await contentOf(inner, runId);
    const kept = Object.keys(before).filter((key) => key !== 'run/head' && key in after);
    expect(kept.length).toBeGreaterThan(0);
    expect(written.length + kept.length).toBe(Object.keys(after).length - 1);
    for (const key of kept) expect(after[key]).toBe(before[key]);

    for (let i = 0; i < 12; i++) {
      await slice(inner, 1, { train: training });
      const { generations } = JSON.parse(Buffer.from((await inner.get('run/head'))!).toString()) as {
        generations: { manifest: string; fence: number; number: number }[];
      };
      const used = new Set<string>();
      for (const { manifest, fence, number } of generations) {
        const key = `run/parts/${manifest}.${fence}.${number}`;
        used.add(key);
        const parts = JSON.parse(Buffer.from((await inner.get(key))!).toString()) as Record<string, string>[];
        for (const part of parts) used.add(`run/parts/${part['sha256']}.${part['fence']}.${part['generation']}`);
      }
      expect((await inner.keys('run/parts')).sort()).toEqual([...used].sort());
      expect(generations.length).toBeLessThanOrEqual(2);
    }
    expect(bitsOf(await stateIn(inner))).toEqual(bitsOf((await train(training)).state));
  });

  it('is nothing where nothing was trained', async () => {
    const { store, calls } = noting(memoryStore());
    const signal = { aborted: false };
    const training = (): SliceTraining => {
      signal.aborted = true;
      return tinyTraining(backend);
    };
    expect(await trainSlice({ store, runId, signal, train: training })).toMatchObject({ steps: 0, generation: 0 });
    expect(calls.filter(({ operation }) => operation === 'set')).toEqual([]);
    await slice(store, 100);
  });

  it('within a slice is every finished epoch that is due', async () => {
    const store = memoryStore();
    const generations: string[] = [];
    const looking: Callback = {
      name: 'Looking',
      onStepEnd: async ({ step }) => {
        if (step !== 1) return;
        const { cursor } = await loadRun({ store, runId });
        generations.push(`${cursor.generation}: ${cursor.epoch}/${cursor.step}`);
      },
    };
    const cursor = await trainSlice({
      store,
      runId,
      saveEvery: 0,
      train: withCallbacks(tinyTraining(backend), looking),
    });
    expect(generations).toEqual(['0: 1/0', '1: 2/0', '2: 3/0']);
    expect(cursor).toMatchObject({ status: 'finished', generation: 3, steps: 12 });
    expect(bitsOf(await stateIn(store))).toEqual(bitsOf(whole));
  });

  it('is the last finished epoch where a slice fails', async () => {
    const store = memoryStore();
    const { data, ...training } = tinyTraining(backend);
    let reads = 0;
    const broken: Dataset = {
      ...data,
      read: (ids) => {
        if (ids.length === 16 && ++reads === 11) throw new Error('the disk was pulled out');
        return data.read(ids);
      },
    };
    await expect(trainSlice({ store, runId, train: { ...training, data: broken } })).rejects.toThrow(
      'the disk was pulled out',
    );
    const { cursor } = await loadRun({ store, runId });
    expect(cursor).toMatchObject({ status: 'running', step: 0 });
    expect(cursor.epoch).toBeGreaterThan(1);
    // The lease was given back: the next worker need not wait.
    expect(await slice(store, 100)).toMatchObject({ status: 'finished' });
    expect(bitsOf(await stateIn(store))).toEqual(bitsOf(whole));
  });

  it('never lets a run go on that a callback has ended', async () => {
    const stopping = (): SliceTraining =>
      withCallbacks({ ...tinyTraining(backend), epochs: 6 }, earlyStopping({ monitor: 'learningRate', patience: 2 }));
    const uninterrupted = await train(stopping());
    expect(uninterrupted.end).toBe('stopped');
    const store = memoryStore();
    // The epoch that the run is to end with ends with a failure too, in a later callback.
    let failures = 0;
    const failing: Callback = {
      name: 'Failing',
      onEpochEnd: ({ epoch }) => {
        if (epoch === 3 && failures++ === 0) throw new Error('the mail server is away');
      },
    };
    const options = { store, runId, saveEvery: 0, train: withCallbacks(stopping(), failing) };
    await expect(trainSlice(options)).rejects.toThrow('the mail server is away');
    expect((await loadRun({ store, runId })).cursor).toMatchObject({ status: 'running', epoch: 3, step: 0 });
    expect(await trainSlice(options)).toMatchObject({ status: 'stopped', epoch: 4, steps: 4, generation: 3 });
    expect(await trainSlice(options)).toMatchObject({ status: 'stopped', epoch: 4, steps: 0 });
    expect(bitsOf(await stateIn(store))).toEqual(bitsOf(uninterrupted.state));
  });

  it('says that the numbers of a run broke', async () => {
    const store = memoryStore();
    const initialWeights = { 'classifier/bias': new Float32Array(4).fill(NaN) };
    const broken = withCallbacks({ ...tinyTraining(backend), recipe: ce(), initialWeights }, terminateOnNaN());
    expect(await trainSlice({ store, runId, train: broken })).toMatchObject({ status: 'non-finite' });
    expect(await trainSlice({ store, runId, train: broken })).toMatchObject({ status: 'non-finite', steps: 0 });
  });
});

describe('damage', () => {
  /** A run of two generations at 1/2 and 2/1, and a way to spoil values of it. */
  async function twoGenerations(): Promise<{
    store: SliceStore;
    parts: (generation: number) => Promise<Map<string, string>>;
  }> {
    const store = memoryStore();
    await slice(store, 2);
    await slice(store, 3);
    const parts = async (index: number): Promise<Map<string, string>> => {
      const { generations } = JSON.parse(Buffer.from((await store.get('run/head'))!).toString()) as {
        generations: { manifest: string; fence: number; number: number }[];
      };
      const { manifest, fence, number } = generations[index]!;
      const key = `run/parts/${manifest}.${fence}.${number}`;
      const list = JSON.parse(Buffer.from((await store.get(key))!).toString()) as Record<string, string>[];
      return new Map([
        ['manifest', key],
        ...list.map(
          (part) =>
            [part['name']!, `run/parts/${part['sha256']}.${part['fence']}.${part['generation']}`] as [string, string],
        ),
      ]);
    };
    return { store, parts };
  }
  async function flip(store: SliceStore, key: string): Promise<void> {
    const value = (await store.get(key))!;
    value[value.length >> 1]! ^= 4;
    await store.set(key, value);
  }

  it.each(['manifest', 'json', 'header', 'weights'])('of %s is found and named', async (what) => {
    const { store, parts } = await twoGenerations();
    const [name, key] = [...(await parts(0))].find(([part]) => part.startsWith(what))!;
    const spoilings: [RegExp, () => Promise<void>][] = [
      [/bytes that are not those that were written/, () => flip(store, key)],
      [/is missing/, () => store.remove(key)],
    ];
    for (const [problem, spoil] of spoilings) {
      await spoil();
      const error = await slice(store, 1).then(
        () => null,
        (reason: unknown) => reason as DamagedStateError,
      );
      expect(error).toBeInstanceOf(DamagedStateError);
      expect(error).toMatchObject({ runId, generation: 2, part: name });
      expect(error!.message).toMatch(problem);
      await expect(loadRun({ store, runId })).rejects.toThrow(DamagedStateError);
    }
    // Said, the generation before goes on; the steps of the damaged one are trained again.
    const read = await loadRun({ store, runId, onDamage: 'previous' });
    expect(read.cursor).toMatchObject({ epoch: 1, step: 2, damage: [{ generation: 2, part: name }] });
    expect(read.state).toMatchObject({ epoch: 1, step: 2 });
    const next = await slice(store, 4, { onDamage: 'previous' });
    expect(next).toMatchObject({ generation: 3, epoch: 2, step: 2, steps: 4, damage: [{ generation: 2, part: name }] });
    expect(await slice(store, 100, { onDamage: 'previous' })).toMatchObject({ status: 'finished', damage: [] });
    expect(bitsOf(await stateIn(store))).toEqual(bitsOf(whole));
  });

  it('of both generations is said', async () => {
    const { store, parts } = await twoGenerations();
    for (const index of [0, 1]) await store.remove((await parts(index)).get('header')!);
    await expect(slice(store, 1, { onDamage: 'previous' })).rejects.toThrow(/generation 1: part 'header' is missing/);
    await expect(loadRun({ store, runId, onDamage: 'previous' })).rejects.toThrow(DamagedStateError);
  });

  it('of the record is said', async () => {
    const store = memoryStore();
    await store.set('run/head', Uint8Array.of(123, 34));
    await expect(slice(store, 1)).rejects.toThrow(/generation 0: part 'head' is no record of a run/);
    await expect(loadRun({ store, runId })).rejects.toThrow(DamagedStateError);
  });

  it('is not what a reader meets whom savers overtake', async () => {
    const inner = memoryStore();
    await slice(inner, 1);
    let overtakings = 2;
    const reader = throughStore(inner, async (call, carryOut) => {
      if (call.operation === 'get' && call.key.includes('parts') && overtakings > 0) {
        overtakings--;
        for (let i = 0; i < 3; i++) await slice(inner, 1);
      }
      return await carryOut();
    });
    const { cursor, state } = await loadRun({ store: reader, runId });
    expect(cursor).toMatchObject({ generation: 7, epoch: 2, step: 3 });
    expect(state).toMatchObject({ epoch: 2, step: 3 });
  });
});

describe('options', () => {
  it('are checked before anything is opened', async () => {
    const open = (): never => {
      throw new Error('the engine was opened');
    };
    const { store, calls } = noting(memoryStore());
    const call = (more: Partial<SliceOptions>): Promise<SliceCursor> =>
      trainSlice({ store, runId, train: open, ...more });
    for (const name of ['', '../x', 'a/b', 'a..b', '.a', 'a.', 'ä', 'x'.repeat(129)])
      await expect(call({ runId: name }), name).rejects.toThrow(OptionError);
    await expect(call({ until: 5000 })).rejects.toThrow(/until 5000 lies in 1970.*Date.now\(\) \+ 5000/);
    await expect(call({ until: new Date('soon') })).rejects.toThrow(/until is no date/);
    await expect(call({ lease: 0 })).rejects.toThrow(/lease 0/);
    await expect(call({ saveEvery: -1 })).rejects.toThrow(/saveEvery -1/);
    expect(calls).toEqual([]);
  });

  it('of another run are refused, and the lease is given back', async () => {
    const store = memoryStore();
    await slice(store, 2);
    await expect(slice(store, 2, { train: { ...tinyTraining(backend), seed: 6 } })).rejects.toThrow(
      /belongs to another run/,
    );
    expect(await slice(store, 2)).toMatchObject({ steps: 2, generation: 2 });
  });
});
