import type { Shape } from '@selfcure/tensor';
import type { TensorFlowProgram } from '../plan/operation.ts';

/** An array with the shape of its tensor. */
export interface ShapedArray {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** What the host asks of the worker. States and programs have numbers that the host gives. */
export type Request =
  | { readonly do: 'createState'; readonly state: number; readonly values: readonly ShapedArray[] }
  | { readonly do: 'write'; readonly state: number; readonly values: readonly ShapedArray[] }
  | { readonly do: 'read'; readonly state: number; readonly names: readonly string[] }
  | { readonly do: 'clone'; readonly state: number; readonly from: number }
  | { readonly do: 'disposeState'; readonly state: number }
  | { readonly do: 'createProgram'; readonly program: number; readonly plan: TensorFlowProgram }
  | { readonly do: 'disposeProgram'; readonly program: number }
  | {
      readonly do: 'run';
      readonly program: number;
      readonly state: number;
      readonly inputs: Readonly<Record<string, Float32Array | Int32Array>>;
    }
  /** How many tensors the binding holds. */
  | { readonly do: 'count' }
  | { readonly do: 'close' };

/** Arrays that the worker gives back, by name. */
export type Arrays = Record<string, Float32Array | Int32Array>;

/** What failed in the worker, as plain data. */
export interface Failure {
  readonly message: string;
  /** Position of the operation in its program; -1 outside of programs. */
  readonly operation: number;
  /** Whether variables had been changed when it failed. */
  readonly changed: boolean;
  /** Of a collective that failed: places of the workers that do not answer. */
  readonly lost?: readonly number[];
  /** Fields of an error of the library's loading. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An answer; those without a failure have a value, which may be undefined. */
export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly failure?: Failure;
}
