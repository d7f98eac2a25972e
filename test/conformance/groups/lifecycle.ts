import { expect } from 'vitest';
import type { Backend, Program, State } from '@selfcure/tensor';
import type { Suite } from '../suite.ts';
import { plain, tinyTraining } from './training.ts';

const training = tinyTraining();
const start = async (backend: Backend): Promise<{ program: Program; state: State }> => ({
  program: await backend.compile(training.graph),
  state: await backend.createState(training.graph.state, training.init),
});

/** Loss and states after some steps. */
async function trained(backend: Backend, from: number, steps: number): Promise<Record<string, number[]>> {
  const { program, state } = await start(backend);
  let outputs = {};
  for (let step = from; step < from + steps; step++) outputs = await program.run(state, training.inputs(step));
  const result = { ...plain(outputs), ...plain(await state.read()) };
  for (const held of [state, program]) held.dispose();
  return result;
}

/** Memory, several backends, closing, concurrency. */
export function lifecycleTests(suite: Suite): void {
  const test = (name: string, body: () => Promise<void>): void => suite.test('lifecycle', name, body);

  test('200 steps hold no more than 20', async () => {
    const backend = await suite.open();
    const { program, state } = await start(backend);
    const after: unknown[] = [];
    for (let step = 0; step < 200; step++) {
      await program.run(state, training.inputs(step % 4));
      if (step === 19 || step === 199) after.push(backend.memory());
    }
    expect(after[1]).toEqual(after[0]);
    await backend.close();
  });

  test('disposal gives back what states and programs held', async () => {
    const backend = await suite.open();
    await trained(backend, 0, 1); // whatever the engine keeps for itself
    const before = backend.memory();
    const { program, state } = await start(backend);
    const clone = await state.clone();
    await program.run(clone, training.inputs(0));
    expect(backend.memory().bytes).toBeGreaterThan(before.bytes);
    for (const held of [state, clone, program]) held.dispose();
    expect(backend.memory()).toEqual(before);
    for (const held of [state, clone, program]) held.dispose(); // again: nothing happens
    expect(backend.memory()).toEqual(before);
    await backend.close();
  });

  test('two backends side by side do not disturb each other', async () => {
    const [a, b] = [await suite.open(), await suite.open()];
    const [one, two] = [await start(a), await start(b)];
    for (let step = 0; step < 4; step++) {
      await one.program.run(one.state, training.inputs(step));
      await two.program.run(two.state, training.inputs(step + 10));
    }
    const interleaved = [plain(await one.state.read()), plain(await two.state.read())];
    await a.close();
    await two.program.run(two.state, training.inputs(3)); // still alive
    await b.close();
    const alone = await suite.open();
    const want = [await trained(alone, 0, 4), await trained(alone, 10, 4)];
    await alone.close();
    interleaved.forEach((values, i) => expect(want[i]).toMatchObject(values));
  });

  test('a backend can be made, closed and made again', async () => {
    const results: unknown[] = [];
    for (let round = 0; round < 3; round++) {
      const backend = await suite.open();
      results.push(await trained(backend, 0, 2));
      await backend.close();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  test('close with states and programs alive frees them', async () => {
    const backend = await suite.open();
    await start(backend);
    await backend.close();
    const next = await suite.open();
    const { program, state } = await start(next);
    await program.run(state, training.inputs(0));
    await next.close();
    await next.close(); // again: nothing happens
  });

  test('runs that are started together on different states do not disturb each other', async () => {
    const backend = suite.shared();
    const program = await backend.compile(training.graph);
    const states = await Promise.all([1, 2, 3].map(() => backend.createState(training.graph.state, training.init)));
    const together = await Promise.all(states.map((state, i) => program.run(state, training.inputs(i))));
    const held = await Promise.all(states.map((state) => state.read()));
    for (let i = 0; i < 3; i++) {
      expect(await trained(backend, i, 1)).toEqual({ ...plain(together[i]!), ...plain(held[i]!) });
    }
    for (const item of [...states, program]) item.dispose();
  });

  test('runs that are started together on one state happen in their order', async () => {
    const backend = suite.shared();
    const { program, state } = await start(backend);
    await Promise.all([0, 1, 2].map((step) => program.run(state, training.inputs(step))));
    expect(await trained(backend, 0, 3)).toMatchObject(plain(await state.read()));
    for (const held of [state, program]) held.dispose();
  });

  test('a read that is started before a run gives the values before it', async () => {
    const backend = suite.shared();
    const { program, state } = await start(backend);
    const reading = state.read();
    await program.run(state, training.inputs(0));
    expect(plain(await reading)).toEqual(plain(training.init));
    for (const held of [state, program]) held.dispose();
  });

  test('the same steps give the same bits, where the engine says so', async () => {
    const backend = suite.shared();
    if (!backend.capabilities.deterministic) return;
    expect(await trained(backend, 0, 4)).toEqual(await trained(backend, 0, 4));
  });
}
