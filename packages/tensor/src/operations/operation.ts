import type { Attributes, DType, Node, Shape, Tensor } from '../graph.ts';
import type { Ops } from '../ops.ts';

/**
 * One row of the operation table.
 *
 * `leaf`: no inputs. `view`: shares the memory of its first input. `element-wise`: broadcasts by NumPy's rule, computes
 * each element on its own. `effect`: changes state, has no value. Every other operation is plain.
 */
export interface Operation {
  readonly kind?: 'leaf' | 'view' | 'element-wise' | 'effect';
  /** Number of inputs, where it is fixed. */
  readonly arity?: number;
  /** Shape of the value; throws {@link ShapeError} where inputs or attributes do not fit. */
  shape(inputs: readonly Node[], attributes: Attributes): Shape;
  /** Element type of the value; `'f32'` where absent. */
  dtype?(inputs: readonly Node[], attributes: Attributes): DType;
  /**
   * Gradient of the loss for each input, from the gradient for the value, written with the same operations; null where
   * none flows. Broadcast axes of element-wise operations are summed by the caller.
   */
  gradient?(ops: Ops, node: Node, upstream: Tensor): readonly (Tensor | null)[];
  /** The same value from simpler operations; null where this node has no lowering. */
  lower?(ops: Ops, node: Node): Tensor | null;
  /** Floating-point operations; one an element where absent, none for leaves and views. */
  flops?(node: Node): number;
  /** Value of one element from the elements of the inputs; element-wise operations only. */
  evaluate?(a: number, b: number, c: number): number;
  /** Names of the states that an effect changes, from its attributes. */
  writes?(attributes: Attributes): readonly string[];
}

/** Operations by name. */
export type OperationTable = Readonly<Record<string, Operation>>;

/**
 * The attributes of a node as its operation defines them; the caller knows which operation it is.
 *
 * @example
 * const { transposeA, transposeB } = attributesOf<MatmulAttributes>(node);
 */
export function attributesOf<T>(node: { readonly attributes: Attributes }): T {
  return node.attributes as unknown as T;
}
