import '@tensorflow/tfjs-backend-cpu';
import { engine as tfjsGlobal } from '@tensorflow/tfjs-core';
import { trace } from '@selfcure/tensor';
import type { Backend, Graph, NamedArrays, Ops } from '@selfcure/tensor';
import { filterGradient, openEngine, tfjsBackend, TfjsError } from '@selfcure/tfjs';
import { describe, expect, it } from 'vitest';

const cpu = (): Promise<Backend> => tfjsBackend({ engine: 'cpu' });

/** Numbers without a pattern, from a linear congruential generator. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

async function run(backend: Backend, graph: Graph, inputs: NamedArrays): Promise<NamedArrays> {
  const program = await backend.compile(graph);
  const state = await backend.createState(
    graph.state,
    Object.fromEntries(graph.state.map(({ name }) => [name, inputs[name]!])),
  );
  const outputs = await program.run(state, inputs);
  state.dispose();
  program.dispose();
  return outputs;
}

const descent = (ops: Ops): Record<string, ReturnType<Ops['sum']>> => {
  const w = ops.parameter('w', [2], { kind: 'constant', value: 0 });
  const loss = ops.sum(ops.square(ops.sub(w, ops.input('target', [2]))));
  const [gradient] = ops.gradients(loss, [w]);
  ops.assign('w', ops.sub(w, ops.mul(gradient!, 0.25)));
  return { loss };
};

describe('tfjsBackend', () => {
  it('names a backend that is not registered', async () => {
    await expect(openEngine('webgl')).rejects.toThrow(TfjsError);
    await expect(openEngine('webgl')).rejects.toThrow(/'webgl'.*cpu.*tfjs-backend-webgl/);
  });

  it("leaves tfjs's current backend and its tensors alone", async () => {
    await tfjsGlobal().setBackend('cpu');
    const backend = await cpu();
    await run(
      backend,
      trace((ops) => ({ y: ops.exp(ops.input('x', [3])) })),
      { x: Float32Array.of(0, 1, 2) },
    );
    expect(tfjsGlobal().backendName).toBe('cpu');
    expect(tfjsGlobal().memory().numTensors).toBe(0);
    await backend.close();
  });

  it('copies what comes in and what goes out', async () => {
    const backend = await cpu();
    const first = Float32Array.of(1, 2);
    const state = await backend.createState(
      [{ name: 'w', shape: [2], kind: 'parameter', init: { kind: 'constant', value: 0 } }],
      { w: first },
    );
    first[0] = 99;
    const read = await state.read();
    (read['w'] as Float32Array)[1] = 99;
    expect((await state.read())['w']).toEqual(Float32Array.of(1, 2));
    await backend.close();
  });

  it('holds two backends apart and frees what each owns', async () => {
    const [a, b] = [await cpu(), await cpu()];
    const graph = trace(descent);
    const [pa, pb] = [await a.compile(graph), await b.compile(graph)];
    const [sa, sb] = [
      await a.createState(graph.state, { w: Float32Array.of(0, 0) }),
      await b.createState(graph.state, { w: Float32Array.of(8, 8) }),
    ];
    const losses = await Promise.all(
      [1, 2, 3].flatMap(() => [
        pa.run(sa, { target: Float32Array.of(4, 0) }),
        pb.run(sb, { target: Float32Array.of(4, 0) }),
      ]),
    );
    // The distance halves: 4, 2, 1 and 4, 2, 1 with 8, 4, 2.
    expect(losses.map(({ loss }) => loss![0])).toEqual([16, 80, 4, 20, 1, 5]);
    await a.close();
    expect(a.memory()).toEqual({ bytes: 0, values: 0 });
    expect((await sb.read())['w']).toEqual(Float32Array.of(4.5, 1));
    await b.close();
    expect(tfjsGlobal().registry['cpu']!.numDataIds()).toBe(0);
  });

  it('holds the same memory after 200 steps, and after a step that fails', async () => {
    const backend = await cpu();
    const graph = trace(descent);
    const program = await backend.compile(graph);
    const state = await backend.createState(graph.state, { w: Float32Array.of(0, 0) });
    const before = [backend.memory(), tfjsGlobal().registry['cpu']!.numDataIds()];
    for (let step = 0; step < 200; step++) await program.run(state, { target: Float32Array.of(1, 2) });
    await expect(program.run(state, {})).rejects.toThrow(/target/);
    expect([backend.memory(), tfjsGlobal().registry['cpu']!.numDataIds()]).toEqual(before);
    await backend.close();
  });

  it('lets channel groups be lowered', async () => {
    const backend = await cpu();
    const graph = trace((ops) => ({
      y: ops.conv2d(ops.input('x', [1, 1, 2, 2]), ops.input('f', [1, 1, 1, 2]), { groups: 2 }),
    }));
    const { y } = await run(backend, graph, { x: Float32Array.of(1, 2, 3, 4), f: Float32Array.of(10, 100) });
    expect(y).toEqual(Float32Array.of(10, 200, 30, 400));
    await backend.close();
  });

  it('releases what a composed kernel made when it throws', async () => {
    const engine = await openEngine('cpu');
    const x = engine.upload(Float32Array.of(1, 2), [2], 'f32');
    expect(() =>
      engine.scoped(() => {
        engine.call('Neg', { x });
        return engine.call('NoSuchKernel', { x });
      }),
    ).toThrow(/NoSuchKernel/);
    expect(engine.memory()).toEqual({ bytes: 8, values: 1 });
    engine.release(x);
  });
});

describe('filterGradient, for backends without Conv2DBackpropFilter', () => {
  it.each([
    { x: [2, 7, 6, 3], filter: [3, 2, 3, 4], stride: [2, 3], padding: [1, 1, 0, 1] },
    { x: [3, 9, 9, 1], filter: [5, 5, 1, 2], stride: [2, 2], padding: [1, 2, 2, 1] },
    { x: [2, 5, 5, 2], filter: [1, 1, 2, 3], stride: [2, 2], padding: [0, 0, 0, 0] },
    { x: [1, 4, 4, 2], filter: [3, 3, 2, 2], stride: [3, 3], padding: [0, 0, 0, 0] },
  ] as const)('equals it: $x, $filter, stride $stride, padding $padding', async ({ x, filter, stride, padding }) => {
    const attributes = { stride, padding, groups: 1 };
    const graph = trace((ops) => {
      const image = ops.input('x', x);
      const value = ops.call('conv2d', [image, ops.full(0, filter)], attributes);
      return {
        gradient: ops.call('conv2dGradFilter', [image, ops.input('d', value.shape)], { ...attributes, shape: filter }),
      };
    });
    const inputs = Object.fromEntries(
      graph.inputs.map(({ name, shape }, i) => [
        name,
        numbers(
          shape.reduce((a, b) => a * b, 1),
          i + 1,
        ),
      ]),
    );
    const composed = await tfjsBackend({
      engine: 'cpu',
      overrides: (engine) => ({ conv2dGradFilter: (node, [image, d]) => filterGradient(engine, node, image!, d!) }),
    });
    const stock = await cpu();
    const [actual, expected] = [await run(composed, graph, inputs), await run(stock, graph, inputs)];
    expected['gradient']!.forEach((value, i) => expect(actual['gradient']![i]).toBeCloseTo(value, 5));
    await composed.close();
    await stock.close();
  });
});
