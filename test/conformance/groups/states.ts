import { expect } from 'vitest';
import { trace } from '@selfcure/tensor';
import type { Backend, NamedArrays, Ops, StateSpec, Tensor } from '@selfcure/tensor';
import type { Suite } from '../suite.ts';
import { plain, tinyTraining } from './training.ts';

const zeros = { kind: 'constant', value: 0 } as const;
const first = {
  w: Float32Array.of(1, 2),
  teacher: Float32Array.of(10, 20),
  'w:m': new Float32Array(2),
  'w:v': new Float32Array(2),
};
const kinds = { w: 'parameter', teacher: 'statistic', 'w:m': 'slot', 'w:v': 'slot' } as const;
const specs = Object.entries(kinds).map(([name, kind]): StateSpec => ({ name, shape: [2], kind, init: zeros }));

/** Runs a step over four states once: outputs, and all states after it. */
async function once(
  backend: Backend,
  body: (ops: Ops) => Record<string, Tensor>,
): Promise<{ outputs: Record<string, number[]>; states: Record<string, number[]> }> {
  const program = await backend.compile(trace(body, { state: specs }));
  const state = await backend.createState(specs, first);
  try {
    return { outputs: plain(await program.run(state, {})), states: plain(await state.read()) };
  } finally {
    state.dispose();
    program.dispose();
  }
}

const plainStep = { parameters: ['w'], momentum: 0, nesterov: false, weightDecay: [0] };

/** Versions of states, and what a State can do. */
export function stateTests(suite: Suite): void {
  const test = (name: string, body: () => Promise<void>): void => suite.test('states', name, body);

  test('a read before an effect is old, a read after it is new', async () => {
    const { outputs, states } = await once(suite.shared(), (ops) => {
      const before = ops.read('w');
      ops.assign('w', ops.mul(before, 8));
      return { before, late: ops.mul(before, 4), after: ops.read('w'), double: ops.mul(ops.read('w'), 2) };
    });
    expect(outputs).toEqual({ before: [1, 2], late: [4, 8], after: [8, 16], double: [16, 32] });
    expect(states['w']).toEqual([8, 16]);
  });

  test('a view of an old version that is an output keeps its value', async () => {
    const { outputs } = await once(suite.shared(), (ops) => {
      const half = ops.rows(ops.read('w'), 1, 2);
      ops.assign('w', ops.full(9, [2]));
      return { half, reshaped: ops.reshape(ops.read('w'), [2, 1]) };
    });
    expect(outputs).toEqual({ half: [2], reshaped: [9, 9] });
  });

  test('two effects on one state follow each other', async () => {
    const { states } = await once(suite.shared(), (ops) => {
      ops.assign('w', ops.add(ops.read('w'), 1));
      ops.assign('w', ops.mul(ops.read('w'), ops.read('w')));
      return {};
    });
    expect(states['w']).toEqual([4, 9]);
  });

  test('an average after an optimizer takes the new parameter, one before it the old', async () => {
    const after = await once(suite.shared(), (ops) => {
      ops.call('sgd', [0.5, ops.full(1, [2])], plainStep);
      ops.ema('teacher', ops.read('w'), 0.5);
      return {};
    });
    expect(after.states).toMatchObject({ w: [0.5, 1.5], teacher: [5.25, 10.75] });
    const before = await once(suite.shared(), (ops) => {
      ops.ema('teacher', ops.read('w'), 0.5);
      ops.call('sgd', [0.5, ops.full(1, [2])], plainStep);
      return {};
    });
    expect(before.states).toMatchObject({ w: [0.5, 1.5], teacher: [5.5, 11] });
  });

  test('an average after Adam takes the new parameter', async () => {
    const { states } = await once(suite.shared(), (ops) => {
      ops.call('adam', [0.25, 10, 1000, ops.full(-4, [2])], {
        parameters: ['w'],
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weightDecay: [0],
        decoupled: false,
      });
      ops.ema('teacher', ops.read('w'), 0);
      return {};
    });
    expect(states['teacher']).toEqual(states['w']);
    states['w']!.forEach((value, i) => expect(value).toBeCloseTo([1.25, 2.25][i]!, 5));
  });

  test('an effect whose value is a constant, an input or another state', async () => {
    const { states } = await once(suite.shared(), (ops) => {
      ops.assign('teacher', ops.read('w'));
      ops.assign('w:m', ops.full(3, [2]));
      return {};
    });
    expect(states).toEqual({ w: [1, 2], teacher: [1, 2], 'w:m': [3, 3], 'w:v': [0, 0] });
  });

  test('states that an effect made equal part again', async () => {
    const backend = suite.shared();
    const pair = ['a', 'b'].map((name): StateSpec => ({ name, shape: [3], kind: 'parameter', init: zeros }));
    const declare = (ops: Ops): [Tensor, Tensor] => [ops.parameter('a', [3], zeros), ops.parameter('b', [3], zeros)];
    const copy = await backend.compile(
      trace((ops) => {
        const [a] = declare(ops);
        ops.assign('b', a);
        return {};
      }),
    );
    const grow = await backend.compile(
      trace((ops) => {
        const [a] = declare(ops);
        ops.call('sgd', [1, a], { ...plainStep, parameters: ['a'] });
        return {};
      }),
    );
    const state = await backend.createState(pair, { a: Float32Array.of(1, 2, 3), b: new Float32Array(3) });
    await copy.run(state, {});
    await grow.run(state, {});
    expect(plain(await state.read())).toEqual({ a: [0, 0, 0], b: [1, 2, 3] });
    for (const held of [state, copy, grow]) held.dispose();
  });

  test('an input is not changed, and may be used again at once', async () => {
    const backend = suite.shared();
    const graph = trace((ops) => {
      const x = ops.input('x', [2]);
      ops.parameter('w', [2], zeros);
      ops.assign('w', x);
      return { x, y: ops.neg(x) };
    });
    const program = await backend.compile(graph);
    const state = await backend.createState(graph.state, { w: new Float32Array(2) });
    const x = Float32Array.of(1, 2);
    const running = program.run(state, { x });
    x.fill(7); // run has taken its copy before it returns
    expect(plain(await running)).toEqual({ x: [1, 2], y: [-1, -2] });
    expect(plain(await state.read())).toEqual({ w: [1, 2] });
    expect([...x]).toEqual([7, 7]);
    for (const held of [state, program]) held.dispose();
  });

  test('read gives what was written, of the named states and of all', async () => {
    const { graph, init } = tinyTraining();
    const state = await suite.shared().createState(graph.state, init);
    expect(plain(await state.read())).toEqual(plain(init));
    await state.write({ 'conv/scale': Float32Array.of(4, 3, 2, 1) });
    expect(plain(await state.read(['conv/scale']))).toEqual({ 'conv/scale': [4, 3, 2, 1] });
    expect(plain(await state.read())).toEqual({ ...plain(init), 'conv/scale': [4, 3, 2, 1] });
    expect(state.specs).toEqual(graph.state);
    state.dispose();
  });

  test('what was read or written is a copy', async () => {
    const { graph, init } = tinyTraining();
    const state = await suite.shared().createState(graph.state, init);
    const written = Float32Array.of(4, 3, 2, 1);
    await state.write({ 'conv/scale': written });
    const read = (await state.read(['conv/scale']))['conv/scale']!;
    written.fill(0);
    read.fill(0);
    expect(plain(await state.read(['conv/scale']))).toEqual({ 'conv/scale': [4, 3, 2, 1] });
    state.dispose();
  });

  test('a clone starts equal and goes its own way', async () => {
    const { graph, init, inputs } = tinyTraining();
    const backend = suite.shared();
    const program = await backend.compile(graph);
    const state = await backend.createState(graph.state, init);
    await program.run(state, inputs(0));
    const before = plain(await state.read());
    const clone = await state.clone();
    expect(plain(await clone.read())).toEqual(before);
    const own = plain(await program.run(state, inputs(1)));
    expect(plain(await clone.read())).toEqual(before);
    expect(plain(await state.read())).not.toEqual(before);
    expect(plain(await program.run(clone, inputs(1)))).toEqual(own);
    expect(plain(await clone.read())).toEqual(plain(await state.read()));
    await clone.write({ 'conv/scale': new Float32Array(4) });
    expect(plain(await state.read(['conv/scale']))).not.toEqual({ 'conv/scale': [0, 0, 0, 0] });
    state.dispose();
    expect(Object.keys(await clone.read())).toHaveLength(graph.state.length);
    for (const held of [clone, program]) held.dispose();
  });

  test('several programs share a state, one program serves several states', async () => {
    const { graph, evaluation, init, inputs } = tinyTraining();
    const results: NamedArrays[][] = [];
    for (const backend of [suite.shared(), suite.oracle()]) {
      const [train, evaluate] = [await backend.compile(graph), await backend.compile(evaluation)];
      const [a, b] = [await backend.createState(graph.state, init), await backend.createState(graph.state, init)];
      const seen: NamedArrays[] = [];
      for (let step = 0; step < 3; step++) {
        seen.push(await train.run(a, inputs(step)), await evaluate.run(a, inputs(9)));
        seen.push(await train.run(b, inputs(step + 5)), await evaluate.run(b, inputs(9)));
      }
      results.push(seen);
      for (const held of [a, b, train, evaluate]) held.dispose();
    }
    results[1]!.forEach((want, i) => suite.close(results[0]![i]!, want, 'step'));
  });

  test('evaluation leaves the state alone', async () => {
    const { graph, evaluation, init, inputs } = tinyTraining();
    const backend = suite.shared();
    const program = await backend.compile(evaluation);
    const state = await backend.createState(graph.state, init);
    const before = plain(await program.run(state, inputs(0)));
    expect(plain(await program.run(state, inputs(0)))).toEqual(before);
    expect(plain(await state.read())).toEqual(plain(init));
    for (const held of [state, program]) held.dispose();
  });

  test('ten steps are four steps, a new state from what was read, and six steps, bit for bit', async () => {
    const { graph, init, inputs } = tinyTraining();
    const backend = suite.shared();
    const program = await backend.compile(graph);
    const whole = await backend.createState(graph.state, init);
    for (let step = 0; step < 10; step++) await program.run(whole, inputs(step));
    const start = await backend.createState(graph.state, init);
    for (let step = 0; step < 4; step++) await program.run(start, inputs(step));
    const stored = await start.read();
    start.dispose();
    program.dispose();
    const again = await backend.compile(graph);
    const resumed = await backend.createState(graph.state, stored);
    for (let step = 4; step < 10; step++) await again.run(resumed, inputs(step));
    expect(plain(await resumed.read())).toEqual(plain(await whole.read()));
    for (const held of [whole, resumed, again]) held.dispose();
  });
}
