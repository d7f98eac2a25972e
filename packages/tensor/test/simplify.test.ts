import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lower, printNode, trace } from '@selfcure/tensor';
import type { Ops, Tensor } from '@selfcure/tensor';
import { evaluate } from './float64.ts';

/** What a function of x [2, 3] and y [3] becomes. */
function traced(build: (ops: Ops, x: Tensor, y: Tensor) => Tensor): { value: Tensor; x: Tensor; y: Tensor; ops: Ops } {
  let found: { value: Tensor; x: Tensor; y: Tensor; ops: Ops } | undefined;
  trace((ops) => {
    const [x, y] = [ops.input('x', [2, 3]), ops.input('y', [3])];
    found = { value: build(ops, x, y), x, y, ops };
    return { x, y };
  });
  return found!;
}

describe('becomes its input', () => {
  it.each<[string, (ops: Ops, x: Tensor) => Tensor]>([
    ['x 1', (ops, x) => ops.mul(x, 1)],
    ['1 x', (ops, x) => ops.mul(1, x)],
    ['x + 0', (ops, x) => ops.add(x, 0)],
    ['0 + x', (ops, x) => ops.add(0, x)],
    ['x - 0', (ops, x) => ops.sub(x, 0)],
    ['x / 1', (ops, x) => ops.div(x, 1)],
    ['--x', (ops, x) => ops.neg(ops.neg(x))],
    ['broadcastTo its own shape', (ops, x) => ops.broadcastTo(x, [2, 3])],
    ['reshape to its own shape', (ops, x) => ops.reshape(x, [2, 3])],
    ['reshape there and back', (ops, x) => ops.reshape(ops.reshape(x, [6]), [2, 3])],
    ['all rows', (ops, x) => ops.rows(x, 0, 2)],
    ['sum over no axes', (ops, x) => ops.sum(x, [])],
  ])('%s', (_, build) => {
    const { value, x } = traced(build);
    expect(value).toBe(x);
  });
});

describe('becomes a constant', () => {
  it.each<[string, (ops: Ops, x: Tensor) => Tensor, number, number[]]>([
    ['x 0', (ops, x) => ops.mul(x, 0), 0, [2, 3]],
    ['0 / x', (ops, x) => ops.div(0, x), 0, [2, 3]],
    ['an operation on constants', (ops) => ops.exp(ops.sub(ops.full(3, [2]), 3)), 1, [2]],
    ['broadcastTo', (ops) => ops.broadcastTo(ops.full(3, [1]), [2, 2]), 3, [2, 2]],
    ['reshape', (ops) => ops.reshape(ops.full(3, [4]), [2, 2]), 3, [2, 2]],
    ['rows', (ops) => ops.rows(ops.full(3, [4]), 1, 3), 3, [2]],
    ['sum', (ops) => ops.sum(ops.full(3, [4, 2]), [0]), 12, [2]],
    ['max', (ops) => ops.max(ops.full(3, [4, 2])), 3, []],
  ])('%s', (_, build, constant, shape) => {
    const { value } = traced(build);
    expect(value).toMatchObject({ op: 'full', attributes: { value: constant }, shape });
  });
});

it('joins scalar factors', () => {
  const { value, x } = traced((ops, x) => ops.mul(0.5, ops.mul(ops.mul(3, x), 4)));
  expect(value.inputs[0]).toBe(x);
  expect(value.inputs[1]).toMatchObject({ op: 'full', attributes: { value: 6 } });
});

it('joins reshapes', () => {
  const { value, x } = traced((ops, x) => ops.reshape(ops.reshape(x, [6]), [3, 2]));
  expect(value.inputs[0]).toBe(x);
});

it('reads a sum over axes of size 1 as a reshape', () => {
  const { value } = traced((ops, x) => ops.sum(ops.reshape(x, [2, 1, 3]), [1]));
  expect(value).toMatchObject({ op: 'input' });
});

describe('keeps', () => {
  it.each<[string, (ops: Ops, x: Tensor, y: Tensor) => Tensor, string]>([
    ['a product with 1 that widens', (ops, _, y) => ops.mul(y, ops.full(1, [2, 3])), 'mul'],
    ['a sum with 0 that widens', (ops, _, y) => ops.add(ops.full(0, [2, 3]), y), 'add'],
    ['a constant that would not be finite', (ops) => ops.log(ops.full(0, [])), 'log'],
    ['a copy', (ops, x) => ops.identity(x), 'identity'],
    ['0 - x', (ops, x) => ops.sub(0, x), 'sub'],
    ['stopGradient before differentiation', (ops, x) => ops.stopGradient(x), 'stopGradient'],
  ])('%s', (_, build, op) => {
    expect(traced(build).value.op).toBe(op);
  });
});

it('drops stopGradient when an engine lowers', () => {
  const graph = trace((ops) => ({ y: ops.exp(ops.stopGradient(ops.input('x', [2]))) }));
  expect(lower(graph, () => true).nodes.map((node) => node.op)).toEqual(['input', 'exp']);
});

/** Formulas over x and constants, as text that JavaScript and the tracer read alike. */
type Formula =
  | { op: 'add' | 'sub' | 'mul' | 'maximum'; a: Formula; b: Formula }
  | { op: 'neg'; a: Formula }
  | { op: 'x' }
  | { op: 'constant'; value: number };
const { formula } = fc.letrec<{ formula: Formula }>((tie) => ({
  formula: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constant({ op: 'x' as const }),
    fc.record({ op: fc.constant('constant' as const), value: fc.constantFrom(-1, 0, 1, 2, 0.5) }),
    fc.record({ op: fc.constant('neg' as const), a: tie('formula') }),
    fc.record({
      op: fc.constantFrom('add' as const, 'sub' as const, 'mul' as const, 'maximum' as const),
      a: tie('formula'),
      b: tie('formula'),
    }),
  ),
}));

it('never changes a value', () => {
  const symbolic = (ops: Ops, x: Tensor, f: Formula): Tensor | number =>
    f.op === 'x'
      ? x
      : f.op === 'constant'
        ? f.value
        : f.op === 'neg'
          ? ops.neg(symbolic(ops, x, f.a))
          : ops[f.op](symbolic(ops, x, f.a), symbolic(ops, x, f.b));
  const plain = (x: number, f: Formula): number => {
    if (f.op === 'x') return x;
    if (f.op === 'constant') return f.value;
    if (f.op === 'neg') return -plain(x, f.a);
    const [a, b] = [plain(x, f.a), plain(x, f.b)];
    return f.op === 'add' ? a + b : f.op === 'sub' ? a - b : f.op === 'mul' ? a * b : Math.max(a, b);
  };
  fc.assert(
    fc.property(formula, (f) => {
      const graph = trace((ops) => ({ y: ops.add(ops.full(0, [3]), symbolic(ops, ops.input('x', [3]), f)) }));
      const x = [-1.5, 0.25, 2];
      const { outputs } = evaluate(graph, { x });
      // Signs of zeros aside.
      expect(
        outputs['y']!.map((value) => value + 0),
        graph.nodes.map(printNode).join('\n'),
      ).toEqual(x.map((value) => plain(value, f) + 0));
    }),
    { numRuns: 300, seed: 1 },
  );
});
