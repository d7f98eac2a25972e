/**
 * A program as TensorFlow runs it: plain data, which the worker executes from first to last.
 *
 * @module
 */
import type { Shape } from '@selfcure/tensor';
import type { OpAttribute } from '../native/binding.ts';

/** Number of a value in a program; its tensor exists from the operation that makes it to its last use. */
export type Value = number;

/** One operation of TensorFlow. */
export interface Operation {
  /** As TensorFlow names it: `'Conv2D'`. */
  readonly name: string;
  readonly attributes: readonly OpAttribute[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Values that nothing needs after this operation. */
  readonly frees: readonly Value[];
  /** Whether it changes a variable. */
  readonly mutates: boolean;
}

/** A value that is made once for all runs. */
export interface Constant {
  readonly value: Value;
  readonly shape: Shape;
  readonly dtype: number;
  readonly data: Float32Array | Int32Array;
}

/** A value with the name of what it is: an input, a state, an output. */
export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

/** All that the worker knows of a program. */
export interface TensorFlowProgram {
  /** How many values there are. */
  readonly values: number;
  readonly constants: readonly Constant[];
  readonly inputs: readonly (NamedValue & { readonly shape: Shape; readonly dtype: number })[];
  /** States whose value from before the run is needed. */
  readonly reads: readonly NamedValue[];
  /** States that operations change in place: the value is the handle of a variable. */
  readonly variables: readonly NamedValue[];
  readonly operations: readonly Operation[];
  /** What states become when all operations have run; each value is owned by the program and stored once. */
  readonly stores: readonly NamedValue[];
  readonly outputs: readonly NamedValue[];
}
