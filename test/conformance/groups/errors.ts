import { expect } from 'vitest';
import { RunError } from '@selfcure/tensor';
import type { NamedArrays, StateSpec } from '@selfcure/tensor';
import type { Suite } from '../suite.ts';
import { plain, tinyTraining } from './training.ts';

/** Mistakes of the caller: a RunError names what is wrong, and nothing else happens. */
export function errorTests(suite: Suite): void {
  const { graph, init, inputs } = tinyTraining();
  const without = (arrays: NamedArrays, name: string): NamedArrays =>
    Object.fromEntries(Object.entries(arrays).filter(([key]) => key !== name));

  async function fails(promise: Promise<unknown>, ...parts: readonly (string | RegExp)[]): Promise<void> {
    const error: unknown = await promise.then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(RunError);
    for (const part of parts) expect((error as Error).message).toMatch(part);
  }

  const mistakes: readonly [string, (run: (values: NamedArrays) => Promise<unknown>) => Promise<void>][] = [
    ['a missing input', (run) => fails(run(without(inputs(0), 'targets')), 'targets', /\[4, 3\]/)],
    [
      'an input of the wrong length',
      (run) => fails(run({ ...inputs(0), targets: new Float32Array(5) }), 'targets', '5', '12'),
    ],
    ['a missing scalar', (run) => fails(run(without(inputs(0), 'rate')), 'rate')],
  ];
  for (const [name, attempt] of mistakes) {
    suite.test('errors', name, async () => {
      const backend = suite.shared();
      const program = await backend.compile(graph);
      const state = await backend.createState(graph.state, init);
      await attempt((values) => program.run(state, values));
      expect(plain(await state.read())).toEqual(plain(init));
      await program.run(state, inputs(0)); // still works
      for (const held of [state, program]) held.dispose();
    });
  }

  suite.test('errors', 'a state that the program uses and the caller has not made', async () => {
    const backend = suite.shared();
    const program = await backend.compile(graph);
    const partial = graph.state.filter(({ name }) => name !== 'head/bias');
    const state = await backend.createState(partial, init);
    await fails(program.run(state, inputs(0)), 'head/bias');
    expect(plain(await state.read())).toEqual(without(plain(init) as unknown as NamedArrays, 'head/bias'));
    for (const held of [state, program]) held.dispose();
  });

  suite.test('errors', 'a state of another shape', async () => {
    const backend = suite.shared();
    const program = await backend.compile(graph);
    const turned = graph.state.map((spec): StateSpec =>
      spec.name === 'head/weights' ? { ...spec, shape: [3, 4] } : spec,
    );
    const state = await backend.createState(turned, init);
    await fails(program.run(state, inputs(0)), 'head/weights', /\[3, 4\]/, /\[4, 3\]/);
    for (const held of [state, program]) held.dispose();
  });

  suite.test('errors', 'first values that are missing or of the wrong length', async () => {
    const backend = suite.shared();
    const before = backend.memory();
    await fails(backend.createState(graph.state, without(init, 'head/bias')), 'head/bias', /\[3\]/);
    await fails(backend.createState(graph.state, { ...init, 'head/bias': new Float32Array(4) }), 'head/bias', '4', '3');
    expect(backend.memory()).toEqual(before);
  });

  suite.test('errors', 'reads and writes of unknown states, and writes of the wrong length', async () => {
    const state = await suite.shared().createState(graph.state, init);
    await fails(state.read(['head/bias', 'body']), 'body', /head\/bias/);
    await fails(state.write({ 'head/bias': new Float32Array(3), body: new Float32Array(3) }), 'body');
    await fails(
      state.write({ 'head/bias': new Float32Array(3), 'head/weights': new Float32Array(3) }),
      'head/weights',
      '3',
      '12',
    );
    expect(plain(await state.read())).toEqual(plain(init)); // all or nothing
    state.dispose();
  });

  suite.test('errors', 'a run on a state that was disposed of, or that another backend made', async () => {
    const backend = suite.shared();
    const program = await backend.compile(graph);
    const state = await backend.createState(graph.state, init);
    state.dispose();
    await fails(program.run(state, inputs(0)), 'disposed');
    const foreign = await suite.oracle().createState(graph.state, init);
    await fails(program.run(foreign, inputs(0)), 'another backend');
    for (const held of [foreign, program]) held.dispose();
  });
}
