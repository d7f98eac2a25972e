import fc from 'fast-check';
import type { Shape } from '@selfcure/tensor';
import { between, given, lattice, normal } from '../values.ts';
import type { Values } from '../values.ts';
import { axis, operationCase, seed, shapes } from './case.ts';
import type { OperationCase } from './case.ts';

type Draw = (shape: Shape, seed: number) => Values;

const anywhere: Draw = (shape, from) => normal(shape, from);
const positive: Draw = (shape, from) => between(shape, from, 0.2, 3);
/** Zeros and equal pairs are common: what happens at a kink is part of the operation. */
const onKinks: Draw = (shape, from) => lattice(shape, from);

const unary = {
  identity: anywhere,
  neg: anywhere,
  square: anywhere,
  exp: anywhere,
  sigmoid: anywhere,
  tanh: anywhere,
  log: positive,
  sqrt: positive,
  rsqrt: positive,
  abs: onKinks,
  relu: onKinks,
} as const;
const binary = {
  add: anywhere,
  sub: anywhere,
  mul: anywhere,
  div: positive,
  maximum: onKinks,
  minimum: onKinks,
  greater: onKinks,
  greaterEqual: onKinks,
  less: onKinks,
  equal: onKinks,
  reluGrad: onKinks,
} as const;

/** Two shapes that broadcast: axes of either are 1 or missing. */
const pairs: fc.Arbitrary<[Shape, Shape]> = fc
  .array(fc.record({ length: axis, left: fc.boolean(), right: fc.boolean() }), { maxLength: 4 })
  .chain((axes) =>
    fc.tuple(fc.nat(axes.length), fc.nat(axes.length)).map(([cutA, cutB]): [Shape, Shape] => {
      const a = axes.map(({ length, left, right }) => (left && !right ? 1 : length));
      const b = axes.map(({ length, left, right }) => (right && !left ? 1 : length));
      // One of the two loses leading axes.
      return cutA < cutB ? [a, b.slice(cutB - cutA)] : [a.slice(cutA - cutB), b];
    }),
  );

const saturating = given([9], [-100, -40, -17, -1, 0, 1, 17, 40, 100]);

/** Each element alone. */
export const elementWiseCases: readonly OperationCase[] = [
  ...Object.entries(unary).map(([op, draw]) =>
    operationCase(op, fc.record({ shape: shapes(0, 4), seed }), ({ shape, seed }) => ({
      inputs: { a: draw(shape, seed) },
      build: (ops, { a }) => ops.call(op, [a!], {}),
    })),
  ),
  ...Object.entries(binary).map(([op, draw]) =>
    operationCase(op, fc.record({ pair: pairs, seed }), ({ pair: [a, b], seed }) => ({
      inputs: { a: draw(a, seed), b: draw(b, seed + 1) },
      build: (ops, { a, b }) => ops.call(op, [a!, b!], {}),
    })),
  ),
  ...(['add', 'sub', 'mul', 'div', 'maximum', 'greater'] as const).map((op) =>
    operationCase(
      `${op}: with a number`,
      fc.record({ shape: shapes(1, 3), first: fc.boolean(), seed }),
      ({ shape, first, seed }) => ({
        inputs: { a: (op === 'div' ? positive : lattice)(shape, seed) },
        build: (ops, { a }) => (first ? ops[op](0.25, a!) : ops[op](a!, 0.25)),
      }),
    ),
  ),
  operationCase('select', fc.record({ pair: pairs, seed }), ({ pair: [a, b], seed }) => ({
    inputs: { condition: lattice(a, seed), a: normal(b, seed + 1), b: normal(a, seed + 2) },
    build: (ops, { condition, a, b }) => ops.select(condition!, a!, b!),
  })),
  operationCase('mul: a chain that engines fuse', fc.record({ shape: shapes(2, 3), seed }), ({ shape, seed }) => ({
    inputs: { a: normal(shape, seed), b: normal(shape.slice(-1), seed + 1), c: normal([], seed + 2) },
    build: (ops, { a, b, c }) =>
      ops.relu(ops.mul(ops.add(ops.tanh(ops.mul(a!, b!)), c!), ops.sigmoid(ops.sub(a!, 0.5)))),
  })),
  ...(['sigmoid', 'tanh'] as const).map((op) =>
    operationCase(`${op}: saturated`, fc.constant(null), () => ({
      inputs: { a: saturating },
      build: (ops, { a }) => ops[op](a!),
    })),
  ),
];
