import { describe, expect, it } from 'vitest';
import { GraphError, ShapeError, TensorError, trace } from '@selfcure/tensor';
import type { Graph, Ops, Tensor } from '@selfcure/tensor';

const zeros = { kind: 'constant', value: 0 } as const;
const count = (graph: Graph, op: string): number => graph.nodes.filter((node) => node.op === op).length;
/** The error that tracing a body ends in. */
function failure(body: (ops: Ops) => Record<string, Tensor>): Error {
  try {
    trace(body);
  } catch (error) {
    return error as Error;
  }
  throw new Error('traced without an error');
}

describe('graph', () => {
  const graph = trace((ops) => {
    const x = ops.input('x', [4, 3]);
    const w = ops.scope('head', () => ops.parameter('weights', [3, 2], zeros));
    ops.exp(x); // needed by nothing
    const loss = ops.mean(ops.softmaxCrossEntropy(ops.matmul(x, w), ops.input('targets', [4, 2])));
    const [gradient] = ops.gradients(loss, [w]);
    ops.assign('head/weights', ops.sub(w, ops.mul(gradient!, ops.input('rate', []))));
    return { loss };
  });

  it('numbers its nodes in order, inputs before uses', () => {
    graph.nodes.forEach((node, i) => {
      expect(node.id).toBe(i);
      for (const input of node.inputs) expect(graph.nodes[input.id]).toBe(input);
      for (const input of node.inputs) expect(input.id).toBeLessThan(i);
    });
    expect(graph.nodes).toContain(graph.outputs['loss']);
  });

  it('lists what to upload and what to keep', () => {
    expect(graph.inputs).toEqual([
      { name: 'x', shape: [4, 3], dtype: 'f32' },
      { name: 'targets', shape: [4, 2], dtype: 'f32' },
      { name: 'rate', shape: [], dtype: 'f32' },
    ]);
    expect(graph.state).toEqual([{ name: 'head/weights', shape: [3, 2], kind: 'parameter', init: zeros }]);
  });

  it('holds plain JSON', () => {
    for (const node of graph.nodes) expect(JSON.parse(JSON.stringify(node.attributes))).toEqual(node.attributes);
  });

  it('drops what neither outputs nor effects need', () => {
    expect(count(graph, 'exp')).toBe(0);
  });

  it('counts a multiply-add as two floating-point operations', () => {
    const product = trace((ops) => ({ y: ops.matmul(ops.input('a', [4, 3]), ops.input('b', [3, 2])) }));
    expect(product.flops).toBe(2 * 4 * 3 * 2);
    const image = trace((ops) => ({
      y: ops.conv2d(ops.input('x', [2, 6, 6, 4]), ops.input('f', [3, 3, 2, 8]), { groups: 2 }),
    }));
    expect(image.flops).toBe(2 * (2 * 6 * 6 * 8) * (3 * 3 * 2));
  });
});

describe('hash-consing', () => {
  it('makes one node of two equal calls, and two of calls that differ in an attribute', () => {
    const graph = trace((ops) => {
      const x = ops.input('x', [4]);
      expect(ops.exp(x)).toBe(ops.exp(x));
      expect(ops.input('x', [4])).toBe(x);
      expect(ops.rankMask(x, 1)).not.toBe(ops.rankMask(x, 2));
      return { y: ops.add(ops.exp(x), ops.exp(x)) };
    });
    expect(count(graph, 'exp')).toBe(1);
  });

  it('lets the backward pass share values of the forward pass', () => {
    const graph = trace((ops) => {
      const x = ops.input('x', [4, 3]);
      const probabilities = ops.softmax(x);
      const [gradient] = ops.gradients(ops.sum(ops.softmaxCrossEntropy(x, ops.input('t', [4, 3]))), [x]);
      return { probabilities, gradient: gradient! };
    });
    expect(count(graph, 'softmax')).toBe(1);
  });
});

describe('scopes', () => {
  it('name parameters and nodes, gradients too', () => {
    const graph = trace((ops) => {
      const x = ops.input('x', [2, 3]);
      const y = ops.scope('stem', () =>
        ops.scope('dense', () => ops.relu(ops.matmul(x, ops.parameter('weights', [3, 4], zeros)))),
      );
      const [gradient] = ops.gradients(ops.sum(ops.square(y)), [ops.read('stem/dense/weights')]);
      return { gradient: gradient! };
    });
    const layers = Object.fromEntries(graph.nodes.map((node) => [node.op, node.layer]));
    expect(graph.state[0]!.name).toBe('stem/dense/weights');
    expect(layers).toMatchObject({ input: '', relu: 'stem/dense', reluGrad: 'gradient/stem/dense' });
  });

  it('end with their body, also when it throws', () => {
    trace((ops) => {
      expect(() =>
        ops.scope('broken', () => {
          throw new Error('stop');
        }),
      ).toThrow('stop');
      const y = ops.exp(ops.input('x', []));
      expect(y.layer).toBe('');
      return { y };
    });
  });
});

describe('errors name operation, layer and shapes', () => {
  it.each<[string, (ops: Ops) => Tensor, string[]]>([
    ['matmul', (ops) => ops.matmul(ops.input('a', [4, 3]), ops.input('b', [5, 2])), ['[4, 3]', '[5, 2]']],
    ['add', (ops) => ops.add(ops.input('a', [4, 3]), ops.input('b', [4])), ['[4, 3]', '[4]']],
    [
      'conv2d',
      (ops) => ops.conv2d(ops.input('a', [1, 8, 8, 3]), ops.input('b', [3, 3, 4, 8])),
      ['[1, 8, 8, 3]', '[3, 3, 4, 8]', 'NHWC'],
    ],
    [
      'conv2d',
      (ops) => ops.conv2d(ops.input('a', [1, 2, 2, 3]), ops.input('b', [5, 5, 3, 8]), { padding: 0 }),
      ['larger'],
    ],
    ['conv2d', (ops) => ops.conv2d(ops.input('a', [2, 3]), ops.input('b', [5, 5, 3, 8])), ['[2, 3]']],
    ['maxPool', (ops) => ops.maxPool(ops.input('a', [1, 4, 4, 1]), { size: 2, padding: 2 }), ['without an element']],
    ['reshape', (ops) => ops.reshape(ops.input('a', [4, 3]), [5]), ['[4, 3] has 12', '[5] needs 5']],
    ['transpose', (ops) => ops.transpose(ops.input('a', [4, 3]), [0, 0]), ['[0, 0]', '[4, 3]']],
    ['broadcastTo', (ops) => ops.broadcastTo(ops.input('a', [4, 3]), [4, 1]), ['[4, 3]', '[4, 1]']],
    ['rows', (ops) => ops.rows(ops.input('a', [4, 3]), 2, 5), ['2 to 5', '[4, 3]']],
    ['concatRows', (ops) => ops.concatRows([ops.input('a', [4, 3]), ops.input('b', [4, 2])]), ['[4, 3]', '[4, 2]']],
    ['takeRows', (ops) => ops.takeRows(ops.input('a', [4, 3]), ops.input('b', [2])), ['f32', 'i32']],
    ['scatterRows', (ops) => ops.scatterRows(ops.input('a', [4, 3]), ops.input('b', [2], 'i32'), 9), ['[4, 3]', '[2]']],
    ['sum', (ops) => ops.sum(ops.input('a', [4, 3]), [2]), ['[2]', '[4, 3]']],
    ['sum', (ops) => ops.mean(ops.input('a', [4, 3]), [0, -2]), ['twice']],
    [
      'bnApply',
      (ops) =>
        ops.bnApply(ops.input('a', [4, 3]), ops.input('b', [3, 3]), ops.input('c', [2]), ops.input('d', [3]), true),
      ['[2]'],
    ],
    [
      'softmaxCrossEntropy',
      (ops) => ops.softmaxCrossEntropy(ops.input('a', [4, 3]), ops.input('b', [4])),
      ['[4, 3]', '[4]'],
    ],
    ['rankMask', (ops) => ops.rankMask(ops.input('a', [4, 1]), 2), ['[4, 1]']],
    ['exp', (ops) => ops.call('exp', [ops.input('a', []), ops.input('b', [])], {}), ['takes 1']],
  ])('%s', (op, build, parts) => {
    const error = failure((ops) => ({ y: ops.scope('stem', () => ops.scope('block1', () => build(ops))) }));
    expect(error).toBeInstanceOf(ShapeError);
    expect(error.message).toMatch(new RegExp(`^${op} \\(layer 'stem/block1'\\)`));
    for (const part of parts) expect(error.message).toContain(part);
  });

  it('and say from which layer an unfit input came', () => {
    const error = failure((ops) => {
      const features = ops.scope('backbone', () => ops.relu(ops.input('x', [4, 3])));
      return { y: ops.scope('head', () => ops.matmul(features, ops.input('w', [5, 2]))) };
    });
    expect(error.message).toMatch(/^matmul \(layer 'head'\).*relu \[4, 3\] of layer 'backbone'/);
  });

  it('refuses a constant that is not finite', () => {
    expect(() => trace((ops) => ({ y: ops.full(NaN, [2]) }))).toThrow(/full.*NaN/);
  });

  it('lists the known operations where a name is unknown', () => {
    const error = failure((ops) => ({ y: ops.call('conv3d', [], {}) }));
    expect(error).toBeInstanceOf(GraphError);
    expect(error.message).toMatch(/^conv3d \(layer 'top'\).*conv2d/);
  });

  it('have one base', () => {
    expect(failure((ops) => ({ y: ops.read('w') }))).toBeInstanceOf(TensorError);
  });
});

describe('names', () => {
  it('give the same state where shape and kind agree', () => {
    trace((ops) => {
      const w = ops.parameter('w', [3], zeros);
      expect(ops.parameter('w', [3], zeros)).toBe(w);
      return { w };
    });
  });

  it.each<[string, (ops: Ops) => Tensor]>([
    ['another shape', (ops) => ops.parameter('w', [4], zeros)],
    ['another kind', (ops) => ops.statistic('w', [3], zeros)],
  ])('of a state may not come back with %s', (_, again) => {
    const error = failure((ops) => {
      ops.parameter('w', [3], zeros);
      return { w: again(ops) };
    });
    expect(error).toBeInstanceOf(GraphError);
    expect(error.message).toMatch(/'w'.*parameter \[3\].*another name/);
  });

  it.each<[string, (ops: Ops) => Tensor]>([
    ["parameter 'stem/filter:m'", (ops) => ops.scope('stem', () => ops.parameter('filter:m', [3], zeros))],
    ["statistic 'mean:v'", (ops) => ops.statistic('mean:v', [3], zeros)],
    ["parameter 'block:1/filter'", (ops) => ops.scope('block:1', () => ops.parameter('filter', [3], zeros))],
  ])('of states leave the colon to slots: %s', (culprit, declare) => {
    const error = failure((ops) => ({ w: declare(ops) }));
    expect(error).toBeInstanceOf(GraphError);
    expect(error.message).toContain(culprit);
    expect(error.message).toMatch(/reserved for the slots.*without ':'/);
    trace((ops) => ({ slot: ops.slot('stem/filter:m', [3]) }));
  });

  it('of an input stand for one shape', () => {
    const error = failure((ops) => ({ a: ops.exp(ops.input('x', [2])), b: ops.exp(ops.input('x', [3])) }));
    expect(error.message).toMatch(/'x'.*two shapes/);
  });

  it('of states must be declared before they are read or changed', () => {
    expect(failure((ops) => ({ w: ops.read('w') })).message).toMatch(/'w' is not declared. Declared: none/);
    const written = failure((ops) => ({ w: ops.assign('w', ops.full(0, [2])) }));
    expect(written.message).toMatch(/'w' is not declared.*ops.parameter/);
  });
});

describe('effects', () => {
  it('take values of the shape of the state', () => {
    const error = failure((ops) => {
      const w = ops.parameter('w', [3], zeros);
      ops.assign('w', ops.full(1, [2]));
      return { w };
    });
    expect(error).toBeInstanceOf(ShapeError);
    expect(error.message).toMatch(/^assign.*'w' is \[3\].*\[2\]/);
  });

  it('are no outputs', () => {
    const error = failure((ops) => {
      ops.parameter('w', [3], zeros);
      return { w: ops.assign('w', ops.full(1, [3])) };
    });
    expect(error.message).toMatch(/'w'.*assign.*ops.read/);
  });

  it('take one gradient and one decay a parameter', () => {
    const error = failure((ops) => {
      const w = ops.parameter('w', [3], zeros);
      ops.call('sgd', [0.1, w], { parameters: ['w'], momentum: 0, nesterov: false, weightDecay: [] });
      return { w };
    });
    expect(error.message).toMatch(/^sgd.*1 parameters.*weight decays/);
  });
});
