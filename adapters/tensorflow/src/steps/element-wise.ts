import { attributesOf, sameShape } from '@selfcure/tensor';
import type { FullAttributes, Node, Shape } from '@selfcure/tensor';
import { dataType } from '../native/binding.ts';
import type { Value } from '../plan/operation.ts';
import type { Emitter } from '../plan/emitter.ts';
import type { Builder } from './builder.ts';

/** Operations that TensorFlow has under another name and with the same meaning. */
const unary = {
  neg: 'Neg',
  exp: 'Exp',
  log: 'Log',
  sqrt: 'Sqrt',
  rsqrt: 'Rsqrt',
  square: 'Square',
  abs: 'Abs',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
} as const;
const binary = {
  add: 'AddV2',
  sub: 'Sub',
  mul: 'Mul',
  div: 'RealDiv',
  maximum: 'Maximum',
  minimum: 'Minimum',
} as const;
const comparison = { greater: 'Greater', greaterEqual: 'GreaterEqual', less: 'Less', equal: 'Equal' } as const;

/** Operands, which broadcast: a constant stays a scalar beside a value that has the shape of the result. */
const operands = (e: Emitter, { inputs, shape }: Node): Value[] =>
  inputs.map((input, i) => {
    const beside = inputs.some((other, j) => j !== i && other.op !== 'full' && sameShape(other.shape, shape));
    return input.op === 'full' && beside ? e.scalar(attributesOf<FullAttributes>(input).value) : e.value(input);
  });

/** Both operands in bfloat16, where both are of the shape of the result and have been computed in it. */
function halves(e: Emitter, { inputs, shape }: Node): Value[] | null {
  if (inputs.some((input) => input.op === 'full' || !sameShape(input.shape, shape))) return null;
  const values = inputs.map((input) => e.native(input));
  return values.every((value) => e.typeOf(value) === dataType.bfloat16) ? values : null;
}

/** Applies an operation to values in the type that they have. */
const inOwnType = (e: Emitter, name: string, values: readonly Value[], shape: Shape): Value =>
  e.apply(name, values, { shape, dtype: e.typeOf(values[0]!) });

const single = Object.entries(unary).map(([op, name]): [string, Builder] => [
  op,
  (node, e) => e.define(node, e.apply(name, [e.value(node.inputs[0]!)], { shape: node.shape })),
]);
const pairs = Object.entries(binary).map(([op, name]): [string, Builder] => [
  op,
  (node, e) => e.define(node, e.apply(name, operands(e, node), { shape: node.shape })),
]);
const comparisons = Object.entries(comparison).map(([op, name]): [string, Builder] => [
  op,
  (node, e) => {
    const truth = e.apply(name, operands(e, node), { shape: node.shape, dtype: dataType.bool });
    e.define(node, e.cast(truth, dataType.float32));
  },
]);

/** Operations on each element alone. */
export const elementWiseBuilders: Readonly<Record<string, Builder>> = {
  ...Object.fromEntries([...single, ...pairs, ...comparisons]),
  identity: (node, e) => e.define(node, e.native(node.inputs[0]!)),
  relu: (node, e) => e.define(node, inOwnType(e, 'Relu', [e.native(node.inputs[0]!)], node.shape)),
  reluGrad: (node, e) => {
    const [upstream, y] = node.inputs as readonly [Node, Node];
    if (sameShape(upstream.shape, y.shape)) {
      const both = halves(e, node) ?? [e.value(upstream), e.value(y)];
      return e.define(node, inOwnType(e, 'ReluGrad', both, node.shape));
    }
    const positive = e.apply('Greater', [e.value(y), e.scalar(0)], { shape: y.shape, dtype: dataType.bool });
    e.define(node, e.apply('SelectV2', [positive, e.value(upstream), e.scalar(0)], { shape: node.shape }));
  },
  add: (node, e) => e.define(node, inOwnType(e, 'AddV2', halves(e, node) ?? operands(e, node), node.shape)),
  select: (node, e) => {
    const [condition, a, b] = node.inputs.map((input) => e.value(input)) as [Value, Value, Value];
    const shape = node.inputs[0]!.shape;
    const chosen = e.apply('NotEqual', [condition, e.scalar(0)], { shape, dtype: dataType.bool });
    e.define(node, e.apply('SelectV2', [chosen, a, b], { shape: node.shape }));
  },
};
