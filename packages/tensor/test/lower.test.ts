import { describe, expect, it } from 'vitest';
import { lower, operationTable, printGraph, trace, UnsupportedOperationError } from '@selfcure/tensor';
import type { Graph, Node, OperationTable } from '@selfcure/tensor';
import { evaluate, primitives } from './float64.ts';

const primitive = (node: Node): true | string => primitives.includes(node.op) || `no kernel '${node.op}'`;
const operations = (graph: Graph): string[] => [...new Set(graph.nodes.map((node) => node.op))].sort();

/** A step with every composite: convolution in groups, normalization, loss, rank mask and Adam. */
const step = trace((ops) => {
  const x = ops.input('x', [2, 4, 4, 4]);
  const zeros = { kind: 'constant', value: 0 } as const;
  const filter = ops.scope('conv', () => ops.parameter('filter', [3, 3, 2, 4], zeros));
  const scale = ops.scope('norm', () => ops.parameter('scale', [4], zeros));
  const image = ops.scope('conv', () => ops.conv2d(x, filter, { groups: 2 }));
  const statistics = ops.scope('norm', () => ops.bnStats(image, 1e-5));
  const normal = ops.scope('norm', () => ops.bnApply(image, statistics, scale, ops.full(0, [4]), true));
  const logits = ops.mean(ops.relu(normal), [1, 2]);
  const perSample = ops.softmaxCrossEntropy(logits, ops.input('t', [2, 4]));
  const loss = ops.sum(ops.mul(perSample, ops.rankMask(perSample, 1)));
  const gradients = ops.gradients(loss, [filter, scale]);
  for (const name of ['conv/filter', 'norm/scale']) {
    ops.slot(`${name}:m`, ops.read(name).shape);
    ops.slot(`${name}:v`, ops.read(name).shape);
  }
  ops.call('adam', [0.1, 10, 1000, ...gradients.map((gradient) => gradient!)], {
    parameters: ['conv/filter', 'norm/scale'],
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: [0.01, 0],
    decoupled: true,
  });
  ops.scope('norm', () => ops.statistic('mean', [4], zeros));
  ops.ema('norm/mean', ops.row(statistics, 0), 0.9);
  return { loss, perSample };
});

describe('lower', () => {
  it('keeps a graph that is claimed whole', () => {
    expect(printGraph(lower(step, () => true))).toBe(printGraph(step));
  });

  it('replaces every composite, down to what is claimed', () => {
    const lowered = lower(step, primitive);
    expect(operations(lowered).filter((op) => !primitives.includes(op))).toEqual(['assign', 'input', 'state']);
    expect(lowered.state).toEqual(step.state);
    expect([...lowered.inputs].sort((a, b) => a.name.localeCompare(b.name))).toEqual(
      step.inputs.toSorted((a, b) => a.name.localeCompare(b.name)),
    );
    expect(Object.keys(lowered.outputs)).toEqual(['loss', 'perSample']);
  });

  it('keeps the layer of what it replaces', () => {
    const layers = new Set(lower(step, primitive).nodes.map((node) => node.layer));
    expect([...layers]).toEqual(expect.arrayContaining(['conv', 'norm', 'gradient/conv', 'gradient/norm']));
  });

  it('asks for every node, so that an engine may refuse some of an operation', () => {
    const graph = trace((ops) => {
      const x = ops.input('x', [1, 4, 4, 4]);
      return {
        plain: ops.conv2d(x, ops.input('f', [3, 3, 4, 4])),
        grouped: ops.conv2d(x, ops.input('g', [3, 3, 1, 4]), { groups: 4 }),
      };
    });
    const lowered = lower(graph, (node) => (node.attributes['groups'] ?? 1) === 1 || 'it does not run channel groups');
    const convolutions = lowered.nodes.filter((node) => node.op === 'conv2d');
    expect(convolutions.map((node) => node.attributes['groups'])).toEqual([1, 1, 1, 1, 1]);
    const data = {
      x: Array.from({ length: 64 }, (_, i) => Math.sin(i)),
      f: Array.from({ length: 144 }, (_, i) => Math.cos(i)),
      g: Array.from({ length: 36 }, (_, i) => Math.cos(i)),
    };
    const [whole, parts] = [evaluate(graph, data).outputs, evaluate(lowered, data).outputs];
    parts['grouped']!.forEach((value, i) => expect(value).toBeCloseTo(whole['grouped']![i]!, 12));
  });

  it('computes the same in groups of channels, gradients included', () => {
    const graph = trace((ops) => {
      const [x, f] = [ops.input('x', [2, 4, 3, 4]), ops.input('f', [3, 2, 2, 6])];
      const y = ops.conv2d(x, f, { groups: 2, stride: 2, padding: [1, 0, 0, 1] });
      const [dx, df] = ops.gradients(ops.sum(ops.square(y)), [x, f]);
      return { y, dx: dx!, df: df! };
    });
    const data = {
      x: Array.from({ length: 96 }, (_, i) => Math.sin(i)),
      f: Array.from({ length: 72 }, (_, i) => Math.cos(2 * i)),
    };
    const whole = evaluate(graph, data).outputs;
    const parts = evaluate(
      lower(graph, (node) => (node.attributes['groups'] ?? 1) === 1 || 'no groups'),
      data,
    ).outputs;
    for (const [name, values] of Object.entries(whole))
      values.forEach((value, i) => expect(parts[name]![i], name).toBeCloseTo(value, 12));
  });

  it('refuses what is neither claimed nor can be lowered, with operation, layer, shapes, reason and remedy', () => {
    const graph = trace((ops) => ({
      y: ops.scope('stem', () => ops.maxPool(ops.input('x', [1, 4, 4, 1]), { size: 2 })),
    }));
    const refuse = (): Graph => lower(graph, (node) => node.op !== 'maxPool' || 'windows are unknown to it');
    expect(refuse).toThrow(UnsupportedOperationError);
    expect(refuse).toThrow(
      "maxPool (layer 'stem'), inputs [1, 4, 4, 1]: the engine does not run it (windows are unknown to it), and it has no lowering. " +
        'Use another adapter or replace this layer',
    );
    try {
      refuse();
    } catch (error) {
      expect(error).toMatchObject({ operation: 'maxPool', layer: 'stem', name: 'UnsupportedOperationError' });
    }
  });

  it('knows the operations of a plug-in table', () => {
    const table: OperationTable = {
      ...operationTable,
      swish: { arity: 1, shape: ([a]) => a!.shape, lower: (ops, { inputs: [a] }) => ops.mul(a!, ops.sigmoid(a!)) },
    };
    const graph = trace((ops) => ({ y: ops.call('swish', [ops.input('x', [2])], {}) }), { operations: table });
    expect(operations(lower(graph, primitive, table))).toEqual(['input', 'mul', 'sigmoid']);
  });
});
