import { reference } from '@selfcure/reference';
import { RunError, trace, UnsupportedOperationError } from '@selfcure/tensor';
import type { Backend, Ops, Tensor } from '@selfcure/tensor';
import { wasm } from '@selfcure/wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { distance, runGraph } from './run-graph.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await wasm();
});
afterAll(() => backend.close());

describe('what the engine cannot compute', () => {
  const refused: readonly [string, (ops: Ops) => Tensor][] = [
    ['a product with an i32 input', (ops) => ops.mul(ops.input('index', [3], 'i32'), 0.5)],
    ['a sum of i32', (ops) => ops.sum(ops.input('index', [3], 'i32'))],
    ['an i32 value that is copied', (ops) => ops.concatRows([ops.input('index', [3], 'i32'), ops.full(1, [2])])],
    ['a product without terms', (ops) => ops.matmul(ops.input('a', [3, 0]), ops.input('b', [0, 2]))],
  ];
  it.each(refused)('is refused by name: %s', async (_, body) => {
    const graph = trace((ops) => ({ y: ops.scope('head', () => body(ops)) }));
    const compiling = backend.compile(graph);
    await expect(compiling).rejects.toThrow(UnsupportedOperationError);
    await expect(compiling).rejects.toThrow(/layer 'head'.*(i32|no elements)/s);
  });

  it('is everything after it was closed', async () => {
    const closed = await wasm();
    await closed.close();
    await expect(closed.compile(trace((ops) => ({ y: ops.full(1, [2]) })))).rejects.toThrow(RunError);
    await expect(closed.createState([], {})).rejects.toThrow(RunError);
  });
});

describe('a value that stands twice in a pattern', () => {
  const shape = [4, 3, 3, 8];
  const patterns: readonly [string, (ops: Ops, statistics: Tensor) => Record<string, Tensor>][] = [
    [
      'a sum that is upstream gradient and result of a ReLU',
      (ops, statistics) => {
        const sum = ops.add(ops.input('a', shape), ops.input('b', shape));
        const d = ops.call('reluGrad', [sum, sum], {});
        return { sums: ops.call('bnGradReduce', [ops.input('x', shape), d, statistics], {}) };
      },
    ],
    [
      'a gradient that is also what was normalized',
      (ops, statistics) => {
        const d = ops.call('reluGrad', [ops.input('a', shape), ops.input('b', shape)], {});
        return { sums: ops.call('bnGradReduce', [d, d, statistics], {}), d };
      },
    ],
    [
      'a normalization that is added to itself',
      (ops, statistics) => {
        const y = ops.bnApply(ops.input('x', shape), statistics, ops.full(2, [8]), ops.full(1, [8]), false);
        return { y: ops.relu(ops.add(y, y)) };
      },
    ],
  ];
  it.each(patterns)('is computed as the oracle does: %s', async (_, body) => {
    const whole = (ops: Ops): Record<string, Tensor> => body(ops, ops.bnStats(ops.input('like', shape), 1e-5));
    const { outputs } = await runGraph(backend, whole);
    const expected = await runGraph(reference(), whole);
    expect(distance(outputs, expected.outputs)).toBeLessThan(1e-5);
  });
});
