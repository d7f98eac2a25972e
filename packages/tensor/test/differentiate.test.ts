import { describe, expect, it } from 'vitest';
import { GraphError, operationTable, sizeOf, trace } from '@selfcure/tensor';
import type { Graph, Ops, OperationTable, Shape, Tensor } from '@selfcure/tensor';
import { evaluate } from './float64.ts';

type Inputs = Readonly<Record<string, Shape>>;
type Build = (ops: Ops, inputs: Record<string, Tensor>) => Tensor;

/** Numbers spread over [low, high) by the golden ratio: all different, in no order, so that no two tie and none sits on a kink. */
function numbers(count: number, low: number, high: number, seed: number): number[] {
  return Array.from(
    { length: count },
    (_, i) => low + (high - low) * ((0.6180339887 * (i + 1) + 0.7548776662 * seed) % 1),
  );
}

const declare = (ops: Ops, inputs: Inputs): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(inputs).map(([name, shape]) => [name, ops.input(name, shape)]));

/** loss = sum(value * weight) with arbitrary weights, and its gradients for every input. */
function lossAndGradients(inputs: Inputs, build: Build, operations?: OperationTable): Graph {
  return trace(
    (ops) => {
      const tensors = declare(ops, inputs);
      const value = build(ops, tensors);
      const loss = ops.sum(ops.mul(value, ops.input('weight', value.shape)));
      const gradients = ops.gradients(loss, Object.values(tensors));
      const named = Object.keys(tensors).flatMap((name, i) =>
        gradients[i] ? [[`d ${name}`, gradients[i]] as const] : [],
      );
      return { loss, ...Object.fromEntries(named) };
    },
    { ...(operations && { operations }) },
  );
}

interface Check {
  readonly low?: number;
  readonly high?: number;
  readonly extra?: Readonly<Record<string, readonly number[]>>;
  readonly operations?: OperationTable;
}

/** Compares every gradient with central differences. */
function checkGradients(
  inputs: Inputs,
  build: Build,
  { low = -1, high = 1, extra = {}, operations }: Check = {},
): Graph {
  const graph = lossAndGradients(inputs, build, operations);
  const weightShape = graph.inputs.find(({ name }) => name === 'weight')!.shape;
  const values: Record<string, readonly number[]> = { weight: numbers(sizeOf(weightShape), -1, 1, 7), ...extra };
  Object.entries(inputs).forEach(([name, shape], i) => (values[name] = numbers(sizeOf(shape), low, high, i + 1)));
  const run = (changed: Record<string, readonly number[]>): Record<string, number[]> =>
    evaluate(graph, { ...values, ...changed }, {}, operations).outputs;
  const analytic = run({});
  const h = 1e-5;
  for (const name of Object.keys(inputs)) {
    const shifted = (place: number, by: number): number =>
      run({ [name]: values[name]!.map((value, i) => (i === place ? value + by : value)) })['loss']![0]!;
    values[name]!.forEach((_, place) => {
      const numeric = (shifted(place, h) - shifted(place, -h)) / (2 * h);
      const got = analytic[`d ${name}`]?.[place] ?? 0;
      expect(Math.abs(got - numeric), `d ${name}[${place}] is ${got}, differences give ${numeric}`).toBeLessThan(
        1e-6 * Math.max(1, Math.abs(numeric)),
      );
    });
  }
  return graph;
}

const index = { extra: { index: [2, 0, 2, 1] } };
const spread = { low: 0.5, high: 2 };

/** Name, inputs, function, options. Every operation with a gradient is in at least one. */
const cases: [string, Inputs, Build, Check?][] = [
  ...(['identity', 'neg', 'exp', 'square', 'sigmoid', 'tanh', 'relu', 'abs'] as const).map(
    (op): [string, Inputs, Build] => [op, { x: [2, 3] }, (ops, { x }) => ops[op](x!)],
  ),
  ...(['log', 'sqrt', 'rsqrt'] as const).map((op): [string, Inputs, Build, Check] => [
    op,
    { x: [2, 3] },
    (ops, { x }) => ops[op](x!),
    spread,
  ]),
  ...(['add', 'sub', 'mul', 'div', 'maximum', 'minimum'] as const).flatMap((op): [string, Inputs, Build, Check][] => [
    [op, { a: [2, 3], b: [2, 3] }, (ops, { a, b }) => ops[op](a!, b!), spread],
    [`${op}, broadcast both ways`, { a: [2, 1, 3], b: [4, 1] }, (ops, { a, b }) => ops[op](a!, b!), spread],
    [`${op} of a value and itself`, { a: [3] }, (ops, { a }) => ops[op](a!, ops.mul(a!, a!)), spread],
    [`${op} of a number`, { a: [3] }, (ops, { a }) => ops.add(ops[op](a!, 3), ops[op](3, a!)), spread],
  ]),
  ['reluGrad', { a: [2, 3], b: [2, 3] }, (ops, { a, b }) => ops.reluGrad(a!, b!)],
  [
    'select, greater, less, equal',
    { a: [2, 3], b: [3] },
    (ops, { a, b }) =>
      ops.add(
        ops.select(ops.greater(a!, b!), ops.square(a!), b!),
        ops.mul(a!, ops.add(ops.less(a!, b!), ops.equal(a!, b!))),
      ),
  ],
  ['allReduceMean', { x: [2, 3] }, (ops, { x }) => ops.allReduceMean(ops.square(x!))],
  ['greaterEqual', { a: [2, 3] }, (ops, { a }) => ops.mul(a!, ops.greaterEqual(a!, 0.1))],
  ['sum of separate axes', { x: [2, 3, 4] }, (ops, { x }) => ops.sum(x!, [0, 2])],
  ['mean with kept axes', { x: [2, 3, 4] }, (ops, { x }) => ops.mul(x!, ops.mean(x!, [1, -1], true))],
  ['max', { x: [2, 3, 4] }, (ops, { x }) => ops.max(x!, [0, 2])],
  ['reshape, transpose', { x: [2, 3, 4] }, (ops, { x }) => ops.transpose(ops.reshape(x!, [4, 3, 2]), [2, 0, 1])],
  ['broadcastTo', { x: [3, 1] }, (ops, { x }) => ops.square(ops.broadcastTo(x!, [2, 3, 4]))],
  [
    'rows, padRows, concatRows',
    { x: [4, 2], y: [1, 2] },
    (ops, { x, y }) => ops.square(ops.concatRows([ops.padRows(ops.rows(x!, 1, 3), 1, 5), y!, x!])),
  ],
  [
    'row, stackRows',
    { x: [3, 2] },
    (ops, { x }) => ops.stackRows([ops.row(x!, 2), ops.mul(ops.row(x!, 0), ops.row(x!, 1))]),
  ],
  ['takeRows', { x: [3, 2] }, (ops, { x }) => ops.square(ops.takeRows(x!, ops.input('index', [4], 'i32'))), index],
  [
    'takeRows with a matrix of indices',
    { x: [3, 2] },
    (ops, { x }) => ops.square(ops.takeRows(x!, ops.input('index', [2, 2], 'i32'))),
    index,
  ],
  [
    'scatterRows',
    { x: [4, 2] },
    (ops, { x }) => ops.square(ops.scatterRows(x!, ops.input('index', [4], 'i32'), 5)),
    index,
  ],
  ...[0, 1, 2, 3].map((bits): [string, Inputs, Build] => {
    const [transposeA, transposeB] = [bits > 1, bits % 2 === 1];
    return [
      `matmul, transposed ${transposeA} ${transposeB}`,
      { a: transposeA ? [3, 2] : [2, 3], b: transposeB ? [4, 3] : [3, 4] },
      (ops, { a, b }) => ops.matmul(a!, b!, { transposeA, transposeB }),
    ];
  }),
  [
    'conv2d',
    { x: [2, 5, 4, 2], f: [3, 2, 2, 3] },
    (ops, { x, f }) => ops.conv2d(x!, f!, { stride: 2, padding: [1, 0, 0, 2] }),
  ],
  ['conv2d in groups', { x: [1, 4, 4, 4], f: [3, 3, 2, 6] }, (ops, { x, f }) => ops.conv2d(x!, f!, { groups: 2 })],
  [
    'conv2d, depthwise',
    { x: [1, 4, 3, 3], f: [2, 2, 1, 3] },
    (ops, { x, f }) => ops.conv2d(x!, f!, { groups: 3, stride: 2 }),
  ],
  ['maxPool', { x: [2, 5, 4, 2] }, (ops, { x }) => ops.maxPool(x!, { size: 3, stride: 2, padding: 1 })],
  [
    'maxPool of negative values',
    { x: [1, 4, 4, 2] },
    (ops, { x }) => ops.maxPool(x!, { size: 3, stride: 1, padding: 1 }),
    { low: -2, high: -1 },
  ],
  [
    'batch normalization',
    { x: [3, 2, 2], scale: [2], offset: [2] },
    (ops, { x, scale, offset }) => ops.bnApply(x!, ops.bnStats(x!, 1e-3), scale!, offset!, true),
  ],
  [
    'normalization by given statistics',
    { x: [5, 2], mean: [2], variance: [2], scale: [2], offset: [2] },
    (ops, { x, mean, variance, scale, offset }) =>
      ops.bnApply(x!, ops.stackRows([ops.stopGradient(mean!), variance!, ops.full(2, [2])]), scale!, offset!, false),
    { low: 0.5, high: 1 },
  ],
  ['bnStats alone', { x: [5, 2] }, (ops, { x }) => ops.bnStats(x!, 1e-3)],
  ['softmax', { x: [2, 4] }, (ops, { x }) => ops.softmax(x!)],
  ['logSoftmax', { x: [2, 2, 3] }, (ops, { x }) => ops.logSoftmax(x!)],
  ['softmaxCrossEntropy', { x: [3, 4], t: [3, 4] }, (ops, { x, t }) => ops.softmaxCrossEntropy(x!, t!)],
  ['rankMask', { x: [5] }, (ops, { x }) => ops.mul(ops.square(x!), ops.rankMask(x!, 2))],
];
const notDifferentiated = new Set(['normalization by given statistics']); // statistics are constants there, tested below

describe('gradients agree with central differences', () => {
  it.each(cases.filter(([name]) => !notDifferentiated.has(name)))('%s', (_, inputs, build, check) => {
    checkGradients(inputs, build, check);
  });

  it('in every rule of the table', () => {
    const seen = new Set(
      cases.flatMap(([, inputs, build]) => lossAndGradients(inputs, build).nodes.map((node) => node.op)),
    );
    const wanted = Object.entries(operationTable)
      .filter(([, row]) => row.gradient && row.kind !== 'leaf')
      .map(([op]) => op);
    expect(wanted.filter((op) => !seen.has(op))).toEqual([]);
  });

  it('for statistics that are given', () => {
    const [, inputs, build, check] = cases.find(([name]) => notDifferentiated.has(name))!;
    const given = { mean: inputs['mean']!, variance: inputs['variance']! };
    const moving = { x: inputs['x']!, scale: inputs['scale']!, offset: inputs['offset']! };
    checkGradients(moving, (ops, tensors) => build(ops, { ...tensors, ...declare(ops, given) }), {
      ...check,
      extra: { mean: [0.6, 0.7], variance: [0.8, 0.9] },
    });
  });

  it('of a gradient: batch normalization twice', () => {
    checkGradients({ x: [4, 2], scale: [2], offset: [2] }, (ops, { x, scale, offset }) => {
      const y = ops.bnApply(x!, ops.bnStats(x!, 1e-2), scale!, offset!, true);
      const [dx] = ops.gradients(ops.sum(ops.tanh(y)), [x!]);
      return ops.square(dx!);
    });
  });

  it('of a gradient: convolution, pooling input and softmax', () => {
    checkGradients({ x: [1, 4, 4, 1], f: [3, 3, 1, 2] }, (ops, { x, f }) => {
      const y = ops.softmax(ops.reshape(ops.tanh(ops.conv2d(x!, f!, { stride: 2 })), [1, 8]));
      const [dx, df] = ops.gradients(ops.sum(ops.square(y)), [x!, f!]);
      return ops.add(ops.sum(ops.square(dx!)), ops.sum(ops.square(df!)));
    });
  });
});

describe('ties and kinks', () => {
  const at = (build: Build, inputs: Inputs, values: Record<string, number[]>): Record<string, number[]> => {
    const graph = lossAndGradients(inputs, build);
    const weight = new Array<number>(sizeOf(graph.inputs.find(({ name }) => name === 'weight')!.shape)).fill(1);
    return evaluate(graph, { ...values, weight }).outputs;
  };
  it.each(['relu', 'abs'] as const)('%s has gradient 0 at 0', (op) => {
    expect(at((ops, { x }) => ops[op](x!), { x: [3] }, { x: [-1, 0, 2] })['d x']).toEqual([
      op === 'abs' ? -1 : 0,
      0,
      1,
    ]);
  });
  it.each(['maximum', 'minimum'] as const)('%s of equals gives its gradient to the first', (op) => {
    expect(at((ops, { a, b }) => ops[op](a!, b!), { a: [1], b: [1] }, { a: [2], b: [2] })).toMatchObject({
      'd a': [1],
      'd b': [0],
    });
  });
  it('max shares its gradient among equals', () => {
    expect(at((ops, { x }) => ops.max(x!), { x: [2, 2] }, { x: [3, 1, 3, 0] })['d x']).toEqual([0.5, 0, 0.5, 0]);
  });
  it('maxPool gives its gradient to the first of equals in a window', () => {
    expect(at((ops, { x }) => ops.maxPool(x!, { size: 2 }), { x: [1, 2, 2, 1] }, { x: [0, 5, 5, 5] })['d x']).toEqual([
      0, 1, 0, 0,
    ]);
  });
});

/** x^3 as a plug-in: a shape rule and a lowering, nothing else. */
const withCube: OperationTable = {
  ...operationTable,
  cube: {
    arity: 1,
    shape: (inputs) => inputs[0]!.shape,
    lower: (ops, node) => ops.mul(node.inputs[0]!, ops.square(node.inputs[0]!)),
  },
  opaque: { arity: 1, shape: (inputs) => inputs[0]!.shape },
};

describe('a composite without a rule', () => {
  const cube = (ops: Ops, x: Tensor): Tensor => ops.call('cube', [x], {});
  it('is differentiated through its lowering', () => {
    checkGradients({ x: [3] }, (ops, { x }) => ops.exp(cube(ops, x!)), { operations: withCube });
  });
  it('may stand inside itself, and share an input', () => {
    checkGradients({ x: [3] }, (ops, { x }) => ops.mul(cube(ops, ops.add(cube(ops, x!), x!)), x!), {
      operations: withCube,
    });
  });
  it('may be differentiated twice', () => {
    checkGradients(
      { x: [3] },
      (ops, { x }) => {
        const [dx] = ops.gradients(ops.sum(ops.square(cube(ops, x!))), [x!]);
        return dx!; // 6 x^5
      },
      { operations: withCube },
    );
  });
  it('stays one node in the forward pass', () => {
    const graph = lossAndGradients({ x: [3] }, (ops, { x }) => cube(ops, x!), withCube);
    expect(graph.nodes.filter((node) => node.op === 'cube')).toHaveLength(1);
  });
});

describe('what is not built', () => {
  const frozenStep = (freeze: boolean): Graph =>
    trace((ops) => {
      const x = ops.input('x', [2, 6, 6, 1]);
      const filter = ops.scope('stem', () => ops.parameter('filter', [3, 3, 1, 4], { kind: 'constant', value: 0 }));
      const features = ops.scope('stem', () => ops.mean(ops.relu(ops.conv2d(x, filter)), [1, 2]));
      const weights = ops.parameter('weights', [4, 2], { kind: 'constant', value: 0 });
      const loss = ops.mean(ops.softmaxCrossEntropy(ops.matmul(features, weights), ops.input('t', [2, 2])));
      const gradients = ops.gradients(loss, freeze ? [weights] : [weights, filter]);
      return Object.fromEntries(gradients.map((gradient, i) => [`d${i}`, gradient!]));
    });
  it('is the backward pass of a frozen branch', () => {
    const layers = (graph: Graph): string[] => graph.nodes.map((node) => node.layer);
    expect(layers(frozenStep(false))).toContain('gradient/stem');
    expect(layers(frozenStep(true))).not.toContain('gradient/stem');
    expect(frozenStep(true).nodes.some((node) => node.op === 'conv2dGradFilter')).toBe(false);
  });
  it('is the gradient for the image of a first layer', () => {
    expect(frozenStep(false).nodes.some((node) => node.op === 'conv2dGradInput')).toBe(false);
  });
  it('is a gradient behind stopGradient', () => {
    trace((ops) => {
      const x = ops.input('x', [3]);
      expect(ops.gradients(ops.sum(ops.square(ops.stopGradient(x))), [x])).toEqual([null]);
      return { x };
    });
    checkGradients({ y: [3] }, (ops, { y }) => ops.mul(y!, ops.stopGradient(ops.full(2, [3]))));
  });
  it('is a gradient for a value that the loss does not depend on', () => {
    trace((ops) => {
      const [x, y] = [ops.input('x', [3]), ops.input('y', [3])];
      expect(ops.gradients(ops.sum(x), [x, y]).map((gradient) => gradient !== null)).toEqual([true, false]);
      return { x };
    });
  });
  it('is a gradient through a comparison', () => {
    trace((ops) => {
      const x = ops.input('x', [3]);
      expect(ops.gradients(ops.sum(ops.greater(x, 0)), [x])).toEqual([null]);
      return { x };
    });
  });
});

describe('stopGradient', () => {
  it('keeps the value and leaves the other path open', () => {
    const graph = lossAndGradients({ x: [2] }, (ops, { x }) => ops.mul(x!, ops.stopGradient(ops.square(x!))));
    const { outputs } = evaluate(graph, { x: [2, 3], weight: [1, 1] });
    expect(outputs).toEqual({ loss: [35], 'd x': [4, 9] });
  });
  it('keeps an index an index', () => {
    const graph = trace((ops) => ({
      y: ops.takeRows(ops.input('x', [3, 1]), ops.stopGradient(ops.rows(ops.input('i', [3], 'i32'), 1, 3))),
    }));
    expect(evaluate(graph, { x: [5, 6, 7], i: [0, 2, 1] }).outputs['y']).toEqual([7, 6]);
  });
});

describe('customGradient', () => {
  it('replaces the gradient, and the value stays', () => {
    const build: Build = (ops, { x }) =>
      ops.mul(
        ops.customGradient(
          [x!],
          (a) => ops.greater(a!, 0),
          (_, upstream) => [upstream],
        ),
        3,
      );
    const { outputs } = evaluate(lossAndGradients({ x: [3] }, build), { x: [-1, 1, 2], weight: [1, 10, 100] });
    expect(outputs).toEqual({ loss: [330], 'd x': [3, 30, 300] });
  });
  it('sees the value, several inputs and null', () => {
    const build: Build = (ops, { a, b }) =>
      ops.customGradient(
        [ops.square(a!), b!],
        (p, q) => ops.exp(ops.add(p!, q!)),
        (value, upstream) => [ops.mul(upstream, value), null],
      );
    const { outputs } = evaluate(lossAndGradients({ a: [1], b: [1] }, build), { a: [0.5], b: [1], weight: [1] });
    expect(outputs['d a']![0]).toBeCloseTo(2 * 0.5 * Math.exp(1.25), 12);
    expect(outputs['d b']).toBeUndefined();
  });
  it('with a rule of a wrong shape is refused with the layer', () => {
    const build: Build = (ops, { x }) =>
      ops.scope('gate', () =>
        ops.customGradient(
          [x!],
          (a) => ops.exp(a!),
          () => [ops.full(1, [2])],
        ),
      );
    expect(() => lossAndGradients({ x: [3] }, build)).toThrow(/layer 'gate'.*\[2\].*\[3\]/);
  });
  it('may be differentiated twice', () => {
    checkGradients({ x: [3] }, (ops, { x }) => {
      const y = ops.customGradient(
        [x!],
        (a) => ops.exp(a!),
        (_, upstream) => [ops.mul(upstream, ops.exp(x!))],
      );
      return ops.gradients(ops.sum(y), [x!])[0]!;
    });
  });
});

describe('refusals', () => {
  it('name an operation without rule and lowering, its layer and a way out', () => {
    const build: Build = (ops, { x }) => ops.scope('head', () => ops.call('opaque', [x!], {}));
    expect(() => lossAndGradients({ x: [3] }, build, withCube)).toThrow(GraphError);
    expect(() => lossAndGradients({ x: [3] }, build, withCube)).toThrow(
      /^opaque \(layer 'head'\) has no gradient rule.*ops.stopGradient/,
    );
  });
  it('ask for one number as the loss', () => {
    expect(() => trace((ops) => ({ g: ops.gradients(ops.input('x', [3]), [ops.input('x', [3])])[0]! }))).toThrow(
      /\[3\].*ops.mean/,
    );
  });
});
