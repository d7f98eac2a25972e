import type { DType, Shape, StateKind } from '../graph.ts';
import { attributesOf } from './operation.ts';
import type { OperationTable } from './operation.ts';

/** Attributes of `input`. */
export interface InputAttributes {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Attributes of `state`; the version counts the effects on it since the start of the step. */
export interface StateAttributes {
  readonly name: string;
  readonly shape: Shape;
  readonly kind: StateKind;
  readonly version: number;
}

/** Attributes of `full`. */
export interface FullAttributes {
  readonly value: number;
  readonly shape: Shape;
}

/** Values that come from no other value. */
export const leafOperations: OperationTable = {
  input: {
    kind: 'leaf',
    arity: 0,
    shape: (_, attributes) => attributesOf<InputAttributes>({ attributes }).shape,
    dtype: (_, attributes) => attributesOf<InputAttributes>({ attributes }).dtype,
  },
  state: {
    kind: 'leaf',
    arity: 0,
    shape: (_, attributes) => attributesOf<StateAttributes>({ attributes }).shape,
  },
  full: {
    kind: 'leaf',
    arity: 0,
    shape: (_, attributes) => attributesOf<FullAttributes>({ attributes }).shape,
  },
  iota: {
    kind: 'leaf',
    arity: 0,
    shape: (_, attributes) => [attributesOf<{ length: number }>({ attributes }).length],
  },
};
