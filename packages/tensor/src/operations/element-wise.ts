import { ShapeError } from '../errors.ts';
import type { Node, Shape, Tensor } from '../graph.ts';
import type { Ops } from '../ops.ts';
import { broadcastShapes, formatShape } from '../shape.ts';
import type { Operation, OperationTable } from './operation.ts';

type Gradient = (ops: Ops, node: Node, upstream: Tensor) => readonly (Tensor | null)[];

function broadcastAll(inputs: readonly Node[]): Shape {
  let shape: Shape = [];
  for (const input of inputs) {
    const wider = broadcastShapes(shape, input.shape);
    if (!wider) {
      throw new ShapeError(
        `shapes ${inputs.map((node) => formatShape(node.shape)).join(' and ')} do not broadcast. ` +
          'From the last axis on, each pair must be equal or hold a 1',
      );
    }
    shape = wider;
  }
  return shape;
}

function row(arity: number, evaluate: (a: number, b: number, c: number) => number, gradient?: Gradient): Operation {
  return { kind: 'element-wise', arity, shape: broadcastAll, evaluate, ...(gradient && { gradient }) };
}

/** Input of a node by position. */
const at = (node: Node, position: number): Node => node.inputs[position]!;
/** Comparisons are steps: no gradient flows. */
const flat: Gradient = (_, node) => node.inputs.map(() => null);

/** Operations on each element alone; comparisons give 0 or 1. */
export const elementWiseOperations: OperationTable = {
  identity: row(
    1,
    (a) => a,
    (_, __, d) => [d],
  ),
  neg: row(
    1,
    (a) => -a,
    (ops, _, d) => [ops.neg(d)],
  ),
  exp: row(
    1,
    (a) => Math.exp(a),
    (ops, node, d) => [ops.mul(d, node)],
  ),
  log: row(
    1,
    (a) => Math.log(a),
    (ops, node, d) => [ops.div(d, at(node, 0))],
  ),
  sqrt: row(
    1,
    (a) => Math.sqrt(a),
    (ops, node, d) => [ops.div(ops.mul(d, 0.5), node)],
  ),
  rsqrt: row(
    1,
    (a) => 1 / Math.sqrt(a),
    (ops, node, d) => [ops.mul(ops.mul(d, -0.5), ops.mul(node, ops.square(node)))],
  ),
  square: row(
    1,
    (a) => a * a,
    (ops, node, d) => [ops.mul(ops.mul(d, 2), at(node, 0))],
  ),
  abs: row(
    1,
    (a) => Math.abs(a),
    (ops, node, d) => [ops.mul(d, ops.sub(ops.greater(at(node, 0), 0), ops.less(at(node, 0), 0)))],
  ),
  relu: row(
    1,
    (a) => (a > 0 ? a : 0),
    (ops, node, d) => [ops.reluGrad(d, node)],
  ),
  sigmoid: row(
    1,
    (a) => 1 / (1 + Math.exp(-a)),
    (ops, node, d) => [ops.mul(d, ops.mul(node, ops.sub(1, node)))],
  ),
  tanh: row(
    1,
    (a) => Math.tanh(a),
    (ops, node, d) => [ops.mul(d, ops.sub(1, ops.square(node)))],
  ),
  add: row(
    2,
    (a, b) => a + b,
    (_, __, d) => [d, d],
  ),
  sub: row(
    2,
    (a, b) => a - b,
    (ops, _, d) => [d, ops.neg(d)],
  ),
  mul: row(
    2,
    (a, b) => a * b,
    (ops, node, d) => [ops.mul(d, at(node, 1)), ops.mul(d, at(node, 0))],
  ),
  div: row(
    2,
    (a, b) => a / b,
    (ops, node, d) => {
      const quotient = ops.div(d, at(node, 1));
      return [quotient, ops.neg(ops.mul(quotient, node))];
    },
  ),
  maximum: row(
    2,
    (a, b) => Math.max(a, b),
    (ops, node, d) => {
      const first = ops.greaterEqual(at(node, 0), at(node, 1));
      return [ops.mul(d, first), ops.mul(d, ops.sub(1, first))];
    },
  ),
  minimum: row(
    2,
    (a, b) => Math.min(a, b),
    (ops, node, d) => {
      const first = ops.greaterEqual(at(node, 1), at(node, 0));
      return [ops.mul(d, first), ops.mul(d, ops.sub(1, first))];
    },
  ),
  greater: row(2, (a, b) => (a > b ? 1 : 0), flat),
  greaterEqual: row(2, (a, b) => (a >= b ? 1 : 0), flat),
  less: row(2, (a, b) => (a < b ? 1 : 0), flat),
  equal: row(2, (a, b) => (a === b ? 1 : 0), flat),
  reluGrad: row(
    2,
    (a, b) => (b > 0 ? a : 0),
    (ops, node, d) => [ops.reluGrad(d, at(node, 1)), null],
  ),
  select: row(
    3,
    (a, b, c) => (a !== 0 ? b : c),
    (ops, node, d) => [null, ops.select(at(node, 0), d, 0), ops.select(at(node, 0), 0, d)],
  ),
};
