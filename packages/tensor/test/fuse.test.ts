import {
  checkIndices,
  compileSteps,
  fuseBatchNorm,
  fuseElementWise,
  indexBounds,
  operationTable,
  RunError,
  stepClaims,
  trace,
} from '@selfcure/tensor';
import type { CompiledSteps, Fuser, Graph, Node, Ops, Tensor } from '@selfcure/tensor';
import { describe, expect, it } from 'vitest';

/** A step that only says what it does. */
interface Step {
  readonly name: string;
  readonly reads: readonly Node[];
  readonly writes: readonly Node[];
}

const chains: Fuser<Step> = fuseElementWise<Step>({
  accepts: ({ op }) => operationTable[op]!.kind === 'element-wise',
  step: (nodes) => ({
    name: nodes.map(({ op }) => op).join(' '),
    reads: nodes.flatMap(({ inputs }) => inputs).filter((input) => !nodes.includes(input)),
    writes: [nodes.at(-1)!],
  }),
});
const norms: Fuser<Step> = fuseBatchNorm<Step>({
  normalize: (bnApply, y, { residual, relu }) => [
    {
      name: `normalize${residual ? ' residual' : ''}${relu ? ' relu' : ''}`,
      reads: [...bnApply.inputs, ...(residual ? [residual] : [])],
      writes: [y],
    },
  ],
  gradientSums: (node, { d }) => [{ name: 'sums', reads: node.inputs, writes: d ? [node, d] : [node] }],
  gradient: (node) => [{ name: 'gradient', reads: node.inputs, writes: [node] }],
});

const compile = (graph: Graph): CompiledSteps<Step> =>
  compileSteps<Step>(graph, {
    fusers: [norms, chains],
    build: (node) => [
      { name: node.op, reads: node.inputs, writes: operationTable[node.op]!.kind === 'effect' ? [] : [node] },
    ],
    copy: (from, to) => ({ name: 'copy', reads: [from], writes: [to] }),
    touches: (step) => step,
  });
const names = (body: (ops: Ops) => Record<string, Tensor>): string[] =>
  compile(trace(body)).steps.map(({ name }) => name);
const zero = { kind: 'constant', value: 0 } as const;

describe('chains of element-wise operations', () => {
  it('are one step, looked at through shapes', () => {
    expect(
      names((ops) => {
        const x = ops.mul(ops.input('x', [2, 3]), ops.input('y', [2, 3]));
        return { y: ops.relu(ops.add(ops.reshape(x, [6]), ops.input('z', [6]))) };
      }),
    ).toEqual(['mul add relu']);
  });

  it('end where a value is an output, or something else takes it', () => {
    const body = (ops: Ops): { inner: Tensor; y: Tensor } => {
      const inner = ops.exp(ops.input('x', [4]));
      return { inner, y: ops.neg(inner) };
    };
    expect(names(body)).toEqual(['exp', 'neg']);
    expect(
      names((ops) => {
        const { inner, y } = body(ops);
        return { y, s: ops.sum(inner) };
      }).sort(),
    ).toEqual(['exp', 'neg', 'sum']);
  });

  it('never read a state after an effect on it that stood behind them', () => {
    const graph = trace((ops) => {
      const w = ops.parameter('w', [4], zero);
      const before = ops.exp(w);
      ops.assign('w', ops.input('x', [4]));
      return { y: ops.add(before, ops.read('w')) };
    });
    expect(compile(graph).steps.map(({ name }) => name)).toEqual(['exp', 'assign', 'add']);
  });
});

describe('batch normalization', () => {
  const shape = [2, 3, 3, 4];
  const normalized = (ops: Ops, name: string): Tensor =>
    ops.bnApply(ops.input(name, shape), ops.input(`${name}/s`, [3, 4]), ops.full(1, [4]), ops.full(0, [4]), false);

  it('takes residual and ReLU with it', () => {
    expect(names((ops) => ({ y: ops.relu(ops.add(normalized(ops, 'x'), ops.input('r', shape))) }))).toEqual([
      'normalize residual relu',
    ]);
    expect(names((ops) => ({ y: ops.relu(normalized(ops, 'x')) }))).toEqual(['normalize relu']);
  });

  it('leaves a broadcast residual, and a sum of a value with itself, alone', () => {
    expect(names((ops) => ({ y: ops.add(normalized(ops, 'x'), ops.input('r', [4])) }))).toEqual(['bnApply', 'add']);
    expect(
      names((ops) => {
        const y = normalized(ops, 'x');
        return { y: ops.relu(ops.add(y, y)) };
      }),
    ).toEqual(['bnApply', 'add relu']);
  });
});

describe('the memory plan', () => {
  it('has a place for inputs, for what is stored, and for a copy of a constant that is an output', () => {
    const graph = trace((ops) => ({
      one: ops.full(1, [2]),
      y: ops.relu(ops.exp(ops.input('x', [4]))),
    }));
    const { steps, outputs, memory } = compile(graph);
    expect(steps.map(({ name }) => name).sort()).toEqual(['copy', 'exp relu']);
    for (const output of Object.values(outputs)) expect(memory.offset.has(output)).toBe(true);
    // x, the copy and y, all at once at the end but for x.
    expect(memory.offset.size).toBe(3);
    expect(memory.arenaBytes).toBeLessThanOrEqual(3 * 64);
  });
});

describe('row indices', () => {
  it('are looked at on the host', () => {
    const bounds = indexBounds(
      trace((ops) => ({ y: ops.takeRows(ops.input('x', [5, 2]), ops.input('rows', [3], 'i32')) })),
    );
    const given = (...rows: number[]): Record<string, Int32Array> => ({ rows: Int32Array.from(rows) });
    expect(() => checkIndices(bounds, given(0, 4, 2))).not.toThrow();
    expect(() => checkIndices(bounds, given(0, 5, 2))).toThrow(RunError);
    expect(() => checkIndices(bounds, given(0, -1, 2))).toThrow(/'rows' names row -1 of 5/);
  });
});

describe('stepClaims', () => {
  const claims = stepClaims((op) => op !== 'tanh');
  const verdictOf = (build: (ops: Ops) => Tensor): true | string => {
    let node: Tensor;
    trace((ops) => {
      node = build(ops);
      return {};
    });
    return claims(node!);
  };
  it('takes effects, whose shape holds a 0, and refuses values without elements', () => {
    const zero = { kind: 'constant', value: 0 } as const;
    expect(
      verdictOf((ops) => {
        ops.statistic('s', [3], zero);
        return ops.ema('s', ops.input('x', [3]), 0.9);
      }),
    ).toBe(true);
    expect(
      verdictOf((ops) => {
        ops.parameter('p', [2], zero);
        return ops.call('sgd', [ops.input('rate', []), ops.input('g', [2])], {
          parameters: ['p'],
          weightDecay: [0],
          momentum: 0,
          nesterov: false,
        });
      }),
    ).toBe(true);
    expect(verdictOf((ops) => ops.exp(ops.input('x', [0, 2])))).toMatch(/no elements/);
    expect(verdictOf((ops) => ops.tanh(ops.input('x', [2])))).toMatch(/no kernel 'tanh'/);
  });
});
