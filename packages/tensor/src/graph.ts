/**
 * The data that everything here works on: nodes and graphs. Plain and serializable, no methods.
 *
 * @module
 */

/** Sizes of the axes of a value, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Element types: 32-bit floats, and 32-bit integers for indices. */
export type DType = 'f32' | 'i32';

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What distinguishes two nodes of the same operation beside their inputs; plain JSON. */
export type Attributes = Readonly<Record<string, Json>>;

/** How the first value of a state is drawn. Plain data, so that a graph can be stored and an init repeated. */
export type Initializer =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly standardDeviation: number }
  | { readonly kind: 'uniform'; readonly bound: number };

/**
 * `parameter`: trained by an optimizer. `statistic`: kept by the model (running mean and variance, a weight average).
 * `slot`: kept by an optimizer for a parameter (momentum, Adam's moments).
 */
export type StateKind = 'parameter' | 'statistic' | 'slot';

/** A named value that outlives a step. */
export interface StateSpec {
  /** Path of layer and value, such as `'stem/conv/filter'`. */
  readonly name: string;
  readonly shape: Shape;
  readonly kind: StateKind;
  readonly init: Initializer;
}

/** A value that is uploaded at every run of a program. */
export interface InputSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One operation applied to values; it has exactly one output, which the node stands for. */
export interface Node {
  /** Position in creation order; inputs have smaller ids. */
  readonly id: number;
  /** Key of the operation table. */
  readonly op: string;
  readonly inputs: readonly Node[];
  readonly attributes: Attributes;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Name stack at creation, such as `'stem/conv'`, or `'gradient/stem/conv'`; `''` at the top. */
  readonly layer: string;
}

/** A symbolic value, as model code sees it. */
export type Tensor = Node;

/** A training step, an evaluation or any other computation over inputs and state. */
export interface Graph {
  /** Scheduled: inputs before uses, effects between the readers of the old and of the new state. Ids count from 0. */
  readonly nodes: readonly Node[];
  readonly inputs: readonly InputSpec[];
  readonly state: readonly StateSpec[];
  readonly outputs: Readonly<Record<string, Node>>;
  /** Floating-point operations of one run; a multiply-add counts as two. */
  readonly flops: number;
}
