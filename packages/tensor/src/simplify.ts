import type { Attributes, Node, Shape, Tensor } from './graph.ts';
import type { OperationTable } from './operations/operation.ts';
import type { Ops } from './ops.ts';
import { sameShape, sizeOf } from './shape.ts';

const constant = (node: Node | undefined): number | undefined =>
  node?.op === 'full' ? (node.attributes['value'] as number) : undefined;

/** What {@link simplify} works with. */
export interface SimplifyContext {
  readonly ops: Ops;
  /** The operations of the graph; their `evaluate` folds constants. */
  readonly table: OperationTable;
  /** true where an engine lowers the graph: differentiation is over, and `stopGradient` has done its work. */
  readonly lowering: boolean;
}

/**
 * Local rules: a simpler value that equals the operation, or null. The tracer asks before it adds a node; together with
 * hash-consing and the schedule's removal of dead nodes this is all the simplification that a step needs.
 *
 * @example
 * simplify({ ops, table: operationTable, lowering: false }, 'neg', [ops.neg(x)], {}, x.shape); // x
 */
export function simplify(
  { ops, table, lowering }: SimplifyContext,
  op: string,
  inputs: readonly Node[],
  attributes: Attributes,
  shape: Shape,
): Tensor | null {
  const [a, b] = inputs;
  const va = constant(a);
  const vb = constant(b);
  const fits = (node: Node): boolean => sameShape(node.shape, shape);
  const scalar = (node: Node): boolean => node.shape.length === 0;

  const row = table[op];
  if (row?.evaluate && op !== 'identity' && inputs.every((input) => input.op === 'full')) {
    const [x = 0, y = 0, z = 0] = inputs.map((input) => constant(input)!);
    const value = row.evaluate(x, y, z);
    if (Number.isFinite(value)) return ops.full(value, shape);
  }
  switch (op) {
    case 'stopGradient':
      return lowering ? a! : null;
    case 'broadcastTo':
      return fits(a!) ? a! : va !== undefined ? ops.full(va, shape) : null;
    case 'mul':
      if (va === 1 && fits(b!)) return b!;
      if (vb === 1 && fits(a!)) return a!;
      if (va === 0 || vb === 0) return ops.full(0, shape);
      if (va !== undefined && vb === undefined && scalar(a!)) return ops.mul(b!, a!);
      if (vb !== undefined && scalar(b!) && a!.op === 'mul' && scalar(a!.inputs[1]!) && fits(a!.inputs[0]!)) {
        const inner = constant(a!.inputs[1]);
        if (inner !== undefined) return ops.mul(a!.inputs[0]!, inner * vb);
      }
      return null;
    case 'add':
      if (va === 0 && fits(b!)) return b!;
      return vb === 0 && fits(a!) ? a! : null;
    case 'sub':
      return vb === 0 && fits(a!) ? a! : null;
    case 'div':
      if (vb === 1 && fits(a!)) return a!;
      return va === 0 ? ops.full(0, shape) : null;
    case 'neg':
      return a!.op === 'neg' ? a!.inputs[0]! : null;
    case 'reshape':
      if (fits(a!)) return a!;
      if (a!.op === 'reshape') return ops.reshape(a!.inputs[0]!, shape);
      return va !== undefined ? ops.full(va, shape) : null;
    case 'rows':
      return fits(a!) ? a! : va !== undefined ? ops.full(va, shape) : null;
    case 'sum':
    case 'max': {
      if ((attributes['axes'] as readonly number[]).every((axis) => a!.shape[axis] === 1))
        return ops.reshape(a!, shape);
      if (va === undefined) return null;
      return ops.full(op === 'max' ? va : (va * sizeOf(a!.shape)) / sizeOf(shape), shape);
    }
    default:
      return null;
  }
}
