import { describe, expect, it } from 'vitest';
import { GraphError, kernelBackend, operationTable, trace } from '@selfcure/tensor';
import type { Backend, Graph, Kernel, OperationTable } from '@selfcure/tensor';
import { float64Table } from './float64.ts';
import type { Value } from './float64.ts';

/** A composite without a gradient rule, an element-wise row, a view and an effect: one of each kind that a user may add. */
const operations: OperationTable = {
  ...operationTable,
  swish: {
    arity: 1,
    shape: ([x]) => x!.shape,
    lower: (ops, { inputs: [x] }) => ops.mul(x!, ops.sigmoid(x!)),
    flops: () => 1000,
  },
  cube: {
    kind: 'element-wise',
    arity: 1,
    shape: ([x]) => x!.shape,
    lower: (ops, { inputs: [x] }) => ops.mul(x!, ops.square(x!)),
    evaluate: (x) => x ** 3,
  },
  flatten: {
    kind: 'view',
    arity: 1,
    shape: ([x]) => [x!.shape.reduce((size, length) => size * length, 1)],
    lower: (ops, node) => ops.reshape(node.inputs[0]!, node.shape),
  },
  accumulate: {
    kind: 'effect',
    arity: 1,
    shape: () => [0],
    writes: ({ name }) => [String(name)],
    lower: (ops, { inputs: [value], attributes }) => {
      const name = String(attributes['name']);
      return ops.assign(name, ops.add(ops.read(name), value!));
    },
  },
};

function backendOf(options: { operations?: OperationTable; kernels?: Record<string, Kernel<Value>> }): Backend {
  return kernelBackend({
    name: 'custom',
    capabilities: { device: 'cpu', threads: 1, precision: 'float64', deterministic: true, limits: {} },
    table: { ...float64Table, kernels: { ...float64Table.kernels, ...options.kernels } },
    ...(options.operations && { operations: options.operations }),
  });
}

const swish = (z: number): number => z / (1 + Math.exp(-z));
const swishKernel: Kernel<Value> = (_, [x]) => ({ shape: x!.shape, data: x!.data.map(swish) });
const inputs = {
  x: Float64Array.of(0.5, -1, 2, 1, -0.5, 0.25, 1.5, 1),
  target: Float64Array.of(0.4, 1.2, -0.1, 0.9),
};
const rate = 0.3;

/** One step of gradient descent on the mean of (swish(x w) - target)^2 over 4 samples of 2 features. */
const step: Graph = trace(
  (ops) => {
    const w = ops.parameter('w', [2, 1], { kind: 'constant', value: 0 });
    const y = ops.call('swish', [ops.matmul(ops.input('x', [4, 2]), w)], {});
    const loss = ops.mean(ops.square(ops.sub(ops.reshape(y, [4]), ops.input('target', [4]))));
    const [gradient] = ops.gradients(loss, [w]);
    ops.assign('w', ops.sub(w, ops.mul(gradient!, rate)));
    return { loss, y };
  },
  { operations },
);

/** The same by hand: losses before each step, and the weights after the last. */
function byHand(steps: number): { losses: number[]; w: number[] } {
  const w = [0.2, -0.1];
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const gradient = [0, 0];
    let loss = 0;
    for (let sample = 0; sample < 4; sample++) {
      const row = [inputs.x[2 * sample]!, inputs.x[2 * sample + 1]!];
      const z = row[0]! * w[0]! + row[1]! * w[1]!;
      const s = 1 / (1 + Math.exp(-z));
      const error = swish(z) - inputs.target[sample]!;
      loss += error ** 2 / 4;
      row.forEach((x, j) => (gradient[j]! += (2 / 4) * error * (s + z * s * (1 - s)) * x));
    }
    losses.push(loss);
    gradient.forEach((slope, j) => (w[j]! -= rate * slope));
  }
  return { losses, w };
}

describe('kernelBackend with operations of its user', () => {
  it.each<[string, Record<string, Kernel<Value>>]>([
    ['lowered', {}],
    ['run by a kernel in the forward pass', { swish: swishKernel }],
  ])('trains through a composite that is %s', async (_, kernels) => {
    const backend = backendOf({ operations, kernels });
    const program = await backend.compile(step);
    const state = await backend.createState(step.state, { w: Float64Array.of(0.2, -0.1) });
    const losses: number[] = [];
    for (let i = 0; i < 40; i++) losses.push((await program.run(state, inputs))['loss']![0]!);
    const expected = byHand(40);
    losses.forEach((loss, i) => expect(loss).toBeCloseTo(expected.losses[i]!, 12));
    [...(await state.read())['w']!].forEach((value, i) => expect(value).toBeCloseTo(expected.w[i]!, 12));
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 4);
    expect(program.report.listing().includes('swish')).toBe('swish' in kernels);
    await backend.close();
  });

  it('counts its floating-point operations by its own row', async () => {
    const graph = trace((ops) => ({ y: ops.call('swish', [ops.input('x', [3])], {}) }), { operations });
    const claimed = await backendOf({ operations, kernels: { swish: swishKernel } }).compile(graph);
    expect([graph.flops, claimed.report.flops]).toEqual([1000, 1000]);
    expect((await backendOf({ operations }).compile(graph)).report.flops).toBe(6);
  });

  it('takes views for views, lowered or run', async () => {
    const graph = trace((ops) => ({ y: ops.call('flatten', [ops.exp(ops.input('x', [2, 2]))], {}) }), { operations });
    const flatten: Kernel<Value> = (node, [x]) => ({ shape: node.shape, data: x!.data });
    for (const kernels of [{}, { flatten }]) {
      const backend = backendOf({ operations, kernels });
      const program = await backend.compile(graph);
      expect(program.report.steps).toBe(1);
      const { y } = await program.run(await backend.createState([], {}), { x: Float64Array.of(0, 1, 2, 3) });
      expect(y).toEqual(Float64Array.of(0, 1, 2, 3).map(Math.exp));
    }
  });

  it('runs effects through their lowering', async () => {
    const graph = trace(
      (ops) => {
        const w = ops.parameter('w', [2], { kind: 'constant', value: 0 });
        ops.call('accumulate', [ops.input('x', [2])], { name: 'w' });
        return { before: w, after: ops.read('w') };
      },
      { operations },
    );
    const backend = backendOf({ operations });
    const state = await backend.createState(graph.state, { w: Float64Array.of(4, 6) });
    const outputs = await (await backend.compile(graph)).run(state, { x: Float64Array.of(1, -2) });
    expect(outputs).toEqual({ before: Float64Array.of(4, 6), after: Float64Array.of(5, 4) });
    expect(await state.read()).toEqual({ w: Float64Array.of(5, 4) });
  });

  it('refuses the graph by name where it was not given them', async () => {
    const compiled = backendOf({}).compile(step);
    await expect(compiled).rejects.toThrow(GraphError);
    await expect(compiled).rejects.toThrow(/^swish \(layer 'top'\): no such operation/);
  });
});

it('folds constants by the rows that it was given', () => {
  let folded: unknown;
  trace(
    (ops) => {
      folded = ops.call('cube', [ops.full(2, [3])], {});
      return { x: ops.input('x', []) };
    },
    { operations },
  );
  expect(folded).toMatchObject({ op: 'full', attributes: { value: 8 }, shape: [3] });
});
