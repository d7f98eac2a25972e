import { describe, expect, it } from 'vitest';
import { interpret, kernelBackend, lower, RunError, tableClaims, trace } from '@selfcure/tensor';
import type { Graph, KernelTable, StateSpec } from '@selfcure/tensor';
import { float64Backend, float64Table } from './float64.ts';
import type { Value } from './float64.ts';

/** A handle that knows whether it was disposed of. */
interface Handle {
  readonly value: Value;
  disposed: boolean;
}

/** The float64 kernels over counted handles; a use or disposal after disposal throws. */
function countingTable(failAt?: string): { table: KernelTable<Handle>; alive: () => number; made: () => number } {
  const handles: Handle[] = [];
  const make = (value: Value): Handle => {
    const handle = { value, disposed: false };
    handles.push(handle);
    return handle;
  };
  const use = (handle: Handle): Value => {
    if (handle.disposed) throw new Error('a handle was used after it was disposed of');
    return handle.value;
  };
  const kernels = Object.fromEntries(
    Object.entries(float64Table.kernels).map(([op, kernel]): [string, KernelTable<Handle>['kernels'][string]] => [
      op,
      (node, inputs) => {
        const values = inputs.map(use);
        if (op === failAt) throw new Error(`${op} failed`);
        return make(kernel(node, values));
      },
    ]),
  );
  return {
    table: {
      kernels,
      upload: (values, shape, dtype) => make(float64Table.upload(values, shape, dtype)),
      download: (handle) => use(handle).data.slice(),
      share: (handle) => make(use(handle)),
      dispose: (handle) => {
        use(handle);
        handle.disposed = true;
      },
    },
    alive: () => handles.filter((handle) => !handle.disposed).length,
    made: () => handles.length,
  };
}

/** A step with views, constants, effects, unused branches of the state and outputs of every kind. */
const step: Graph = trace((ops) => {
  const x = ops.input('x', [4, 3]);
  const w = ops.parameter('w', [3, 2], { kind: 'constant', value: 0 });
  const y = ops.softmax(ops.matmul(x, w));
  const loss = ops.mean(ops.square(ops.rows(y, 1, 3)));
  const [gradient] = ops.gradients(loss, [w]);
  ops.assign('w', ops.sub(w, gradient!));
  ops.statistic('mean', [2], { kind: 'constant', value: 0 });
  ops.ema('mean', ops.mean(y, [0]), 0.9);
  return { loss, again: loss, x, w, after: ops.read('w'), constant: ops.full(2, [2]), view: ops.reshape(y, [8]) };
});

describe('interpret', () => {
  const inputs = (table: KernelTable<Handle>): Map<string, Handle> =>
    new Map([['x', table.upload(Float64Array.from({ length: 12 }, Math.sin), [4, 3], 'f32')]]);
  const state = (table: KernelTable<Handle>): Map<string, Handle> =>
    new Map([
      ['w', table.upload(new Float64Array(6).fill(0.5), [3, 2], 'f32')],
      ['mean', table.upload(new Float64Array(2), [2], 'f32')],
    ]);
  const lowered = (table: KernelTable<Handle>): Graph => lower(step, (node) => tableClaims(table, node));

  it('disposes of every handle exactly once', () => {
    const { table, alive, made } = countingTable();
    const interpreter = interpret(lowered(table), table);
    const held = state(table);
    const fed = inputs(table);
    const counts: number[] = [];
    for (let i = 0; i < 3; i++) {
      for (const output of interpreter.run(held, fed).values()) table.dispose(output);
      counts.push(alive());
    }
    expect(counts).toEqual([counts[0], counts[0], counts[0]]);
    expect(made()).toBeGreaterThan(50);
    for (const handle of [...held.values(), ...fed.values()]) table.dispose(handle);
    interpreter.dispose();
    expect(alive()).toBe(0);
  });

  it.each(['matmul', 'square', 'reshape', 'sub', 'max'])(
    'disposes of everything when %s throws, and leaves a usable state',
    (op) => {
      const { table, alive } = countingTable(op);
      const interpreter = interpret(lowered(table), table);
      const held = state(table);
      const fed = inputs(table);
      const before = alive();
      expect(() => interpreter.run(held, fed)).toThrow(`${op} failed`);
      expect(alive()).toBe(before);
      for (const handle of held.values()) expect(handle.disposed).toBe(false);
    },
  );

  it('never changes inputs, and gives outputs memory of their own', () => {
    const { table } = countingTable();
    const interpreter = interpret(lowered(table), table);
    const held = state(table);
    const fed = inputs(table);
    const first = interpreter.run(held, fed);
    expect(first.get('w')!.value.data).toEqual(new Float64Array(6).fill(0.5));
    expect(first.get('after')!.value.data).toEqual(held.get('w')!.value.data);
    expect(first.get('after')!.value.data).not.toEqual(first.get('w')!.value.data);
    expect(fed.get('x')!.value.data).toEqual(Float64Array.from({ length: 12 }, Math.sin));
    expect([...first.keys()]).toEqual(['loss', 'again', 'x', 'w', 'after', 'constant', 'view']);
  });
});

describe('kernelBackend', () => {
  const specs = (names: readonly string[], shape: readonly number[]): StateSpec[] =>
    names.map((name) => ({ name, shape, kind: 'parameter', init: { kind: 'constant', value: 0 } }));

  it('leaves nothing behind after close', async () => {
    const { table, alive } = countingTable();
    const backend = kernelBackend({ name: 'counting', capabilities: float64Backend().capabilities, table });
    const program = await backend.compile(step);
    const state = await backend.createState(step.state, { w: new Float64Array(6), mean: new Float64Array(2) });
    const copy = await state.clone();
    await program.run(state, { x: new Float64Array(12).fill(1) });
    await program.run(copy, { x: new Float64Array(12).fill(2) });
    await state.write({ mean: [1, 2] as unknown as Float64Array });
    const steady = alive();
    await program.run(state, { x: new Float64Array(12).fill(3) });
    expect(alive()).toBe(steady);
    expect(backend.memory()).toEqual({ bytes: 2 * 4 * 8, values: 4 });
    copy.dispose();
    copy.dispose();
    expect(backend.memory()).toEqual({ bytes: 4 * 8, values: 2 });
    await backend.close();
    program.dispose();
    expect(alive()).toBe(0);
  });

  it('disposes of uploads and results when a kernel throws', async () => {
    const { table, alive } = countingTable('square');
    const backend = kernelBackend({ name: 'failing', capabilities: float64Backend().capabilities, table });
    const program = await backend.compile(step);
    const state = await backend.createState(step.state, { w: new Float64Array(6), mean: new Float64Array(2) });
    const before = alive();
    await expect(program.run(state, { x: new Float64Array(12) })).rejects.toThrow('square failed');
    expect(alive()).toBe(before);
  });

  it('refuses a state of other shapes', async () => {
    const backend = float64Backend();
    const program = await backend.compile(
      trace((ops) => ({ y: ops.exp(ops.parameter('w', [2, 3], { kind: 'constant', value: 0 })) })),
    );
    const state = await backend.createState(specs(['w'], [3, 2]), { w: new Float64Array(6) });
    await expect(program.run(state, {})).rejects.toThrow(RunError);
    await expect(program.run(state, {})).rejects.toThrow(/'w' is \[3, 2\].*\[2, 3\]/);
  });
});
