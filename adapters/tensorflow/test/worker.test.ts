import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunError, slotName, trace } from '@selfcure/tensor';
import type { Backend, Json, NamedArrays, Ops, Program, State, Tensor } from '@selfcure/tensor';
import { TensorFlowError, TensorFlowRunError, TensorFlowWorkerError, tensorflow } from '@selfcure/tensorflow';
import { connect } from '../src/worker/connection.ts';
import type { Connection } from '../src/worker/connection.ts';
import { planBackend } from '../src/plan-backend.ts';

const zeros = { kind: 'constant', value: 0 } as const;
const located = {
  binding: fileURLToPath(new URL('stand-in.cjs', import.meta.url)),
  kind: 'stock',
  build: 'cpu',
  library: null,
  steps: [],
  gpu: { driver: null, libcuda: null, devices: [], visible: null },
} as const;

describe('the thread of TensorFlow', () => {
  let backend: Backend;
  let connection: Connection;
  beforeEach(async () => {
    connection = await connect(located, { device: 'cpu' }, ({ message }) => new Error(message));
    backend = planBackend({
      connection,
      kernels: { product: 1, gpu: false },
      capabilities: { device: 'cpu', threads: 1, precision: 'float32', deterministic: true, limits: {} },
    });
  });
  afterEach(async () => backend.close());

  const count = async (): Promise<number> =>
    connection.ask<number>({ do: 'count' }, ({ message }) => new Error(message));
  const prepare = async (body: (ops: Ops) => Record<string, Tensor>): Promise<[Program, State]> => {
    const graph = trace(body);
    const first = Object.fromEntries(graph.state.map(({ name }) => [name, new Float32Array(1)]));
    return [await backend.compile(graph), await backend.createState(graph.state, first)];
  };
  const x: NamedArrays = { x: Float32Array.of(1) };
  const failure = async (promise: Promise<unknown>): Promise<Error> =>
    promise.then(
      () => expect.fail('it did not fail'),
      (error: Error) => error,
    );

  it('names operation, layer, kernel and cause of a failure, and frees what the run had made', async () => {
    const [program, state] = await prepare((ops) => ({
      y: ops.scope('stem', () => ops.exp(ops.neg(ops.input('x', [1])))),
    }));
    const before = await count();
    const error = await failure(program.run(state, x));
    expect(error).toBeInstanceOf(TensorFlowRunError);
    expect(error).toMatchObject({ operation: 'exp', layer: 'stem', kernel: 'Exp' });
    expect(error.message).toBe(
      "exp (layer 'stem'), Exp of TensorFlow failed: OOM when allocating a tensor. Take a smaller batch. The state is as it was before",
    );
    expect(await count()).toBe(before);
    expect(await state.read()).toEqual({});
  });

  it('refuses a state that a failed run has changed in part, until all of it is written', async () => {
    const [program, state] = await prepare((ops) => {
      const w = ops.parameter('w', [1], zeros);
      ops.slot(slotName('w', 'momentum'), [1]);
      const attributes = { parameters: ['w'], momentum: 0.9, nesterov: false, weightDecay: [0] };
      ops.call('sgd', [ops.input('rate', []), ops.input('x', [1])], attributes as unknown as Record<string, Json>);
      return { w };
    });
    const inputs = { ...x, rate: Float32Array.of(1) };
    const error = await failure(program.run(state, inputs));
    expect(error.message).toMatch(
      /ResourceApplyMomentum of TensorFlow failed: no kernel\. The state was changed in part/,
    );
    for (const use of [() => program.run(state, inputs), () => state.read(), () => state.clone()]) {
      const refusal = await failure(use());
      expect(refusal).toBeInstanceOf(RunError);
      expect(refusal.message).toMatch(/half updated.+checkpoint/);
    }
    await state.write({ w: Float32Array.of(1), 'w:momentum': Float32Array.of(0) });
    expect(Object.keys(await state.read())).toEqual(['w', 'w:momentum']);
  });

  it('says that the thread has ended, to whoever waits and to whoever asks later', async () => {
    const [program, state] = await prepare((ops) => ({ y: ops.log(ops.input('x', [1])) }));
    const waiting = [program.run(state, x), state.read()].map(failure);
    for (const error of await Promise.all(waiting)) {
      expect(error).toBeInstanceOf(TensorFlowWorkerError);
      expect(error.message).toMatch(/has ended: exit code 3.+checkpoint/);
    }
    expect(await failure(program.run(state, x))).toBeInstanceOf(TensorFlowWorkerError);
    expect(await failure(backend.compile(trace((ops) => ({ y: ops.full(1, [1]) }))))).toBeInstanceOf(
      TensorFlowWorkerError,
    );
    await backend.close();
  });

  it('leaves the event loop free while TensorFlow computes', async () => {
    const [program, state] = await prepare((ops) => ({ y: ops.tanh(ops.input('x', [1])) }));
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    await program.run(state, x);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5); // of about 40
  });

  it('finishes what was begun before it closes, and takes nothing after', async () => {
    const [program, state] = await prepare((ops) => ({ y: ops.tanh(ops.input('x', [1])) }));
    const running = program.run(state, x);
    await backend.close();
    expect(Object.keys(await running)).toEqual(['y']);
    expect(await failure(program.run(state, x))).toBeInstanceOf(RunError);
    expect(await failure(backend.createState([], {}))).toBeInstanceOf(RunError);
  });

  it('holds as many tensors as memory() says', async () => {
    const [program, state] = await prepare((ops) => {
      const w = ops.parameter('w', [1], zeros);
      ops.assign('w', ops.add(ops.mul(w, 3), ops.input('x', [1])));
      return { y: ops.rows(ops.concatRows([w, w, w]), 1, 2) };
    });
    for (let i = 0; i < 3; i++) await program.run(state, x);
    expect(await count()).toBe(backend.memory().values);
    program.dispose();
    const copy = await state.clone();
    expect(await count()).toBe(backend.memory().values);
    for (const held of [state, copy]) held.dispose();
    expect(await count()).toBe(0);
    expect(backend.memory()).toEqual({ bytes: 0, values: 0 });
  });
});

describe('options', () => {
  it.each([
    [{ threads: 0 }, /threads is 0/],
    [{ threads: 1.5 }, /threads is 1\.5/],
    [{ precision: 'float16' as 'float32' }, /float16.+loss scale.+bfloat16/],
    [{ library: '/nowhere' }, /\/nowhere/],
  ])('%o is refused before anything is loaded', async (options, message) => {
    const error: unknown = await tensorflow(options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TensorFlowError);
    expect((error as Error).message).toMatch(message);
  });
});
