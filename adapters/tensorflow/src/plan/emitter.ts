import { attributesOf, sameShape, sizeOf } from '@selfcure/tensor';
import type { FullAttributes, Node, RowsAttributes, Shape, StateAttributes } from '@selfcure/tensor';
import { int, type } from './attributes.ts';
import { dataType } from '../native/binding.ts';
import type { OpAttribute } from '../native/binding.ts';
import type { Constant, NamedValue, Value } from './operation.ts';

/** A value that an operation makes. */
export interface Result {
  readonly shape: Shape;
  /** Default float32. */
  readonly dtype?: number;
}

/** An operation as it is emitted, before it is known which values die with it. */
export interface Emitted {
  readonly name: string;
  readonly attributes: readonly OpAttribute[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly mutates: boolean;
  /** What it is emitted for. */
  readonly node: Node;
}

/** Everything that was emitted. */
export interface Emission {
  readonly results: readonly Required<Result>[];
  readonly constants: readonly Constant[];
  readonly inputs: readonly (NamedValue & { readonly node: Node })[];
  readonly reads: readonly NamedValue[];
  readonly variables: readonly NamedValue[];
  readonly operations: readonly Emitted[];
  /** States that are replaced, with their last value. */
  readonly assigned: readonly (NamedValue & { readonly node: Node })[];
}

/** What steps write operations with. */
export interface Emitter {
  /** Tensor of a node in float32 (int32 for indices); views become operations where they are first needed. */
  value(node: Node): Value;
  /** The same in the type that it was computed in, which may be bfloat16. */
  native(node: Node): Value;
  /** Says what the value of a node is. */
  define(node: Node, value: Value): void;
  /** The same for a node whose rows are values of their own, each made when it is first needed. */
  defineRows(node: Node, rows: readonly (() => Value)[]): void;
  /** A row of a node as a value without the axis of rows. */
  row(node: Node, index: number): Value;
  typeOf(value: Value): number;
  shapeOf(value: Value): Shape;
  cast(value: Value, dtype: number): Value;
  reshape(value: Value, shape: Shape): Value;
  /** An operation with one result. */
  apply(name: string, inputs: readonly Value[], result: Result, attributes?: readonly OpAttribute[]): Value;
  /** An operation with several results. */
  applyMany(
    name: string,
    inputs: readonly Value[],
    results: readonly Result[],
    attributes?: readonly OpAttribute[],
  ): readonly Value[];
  /** An operation that changes variables and has no result. */
  mutate(name: string, inputs: readonly Value[], attributes?: readonly OpAttribute[]): void;
  /** Constants; equal ones are made once. */
  scalar(value: number): Value;
  ints(values: readonly number[], shape?: Shape): Value;
  full(value: number, shape: Shape): Value;
  /** The value of a state as it stands. */
  current(name: string, shape: Shape): Value;
  assign(name: string, value: Value): void;
  /** Handle of a state that is a variable: only optimizers change those. */
  variable(name: string): Value;
  isVariable(name: string): boolean;
}

/** An emitter, and what it has emitted. */
export interface Emitting {
  readonly emitter: Emitter;
  /** What follows is emitted for this node. */
  at(node: Node): void;
  finish(): Emission;
}

/**
 * Collects operations in their order. States that `variables` names are changed in place by optimizers; all others are tensors
 * that are replaced when a run is complete.
 */
export function createEmitter(variables: ReadonlySet<string>): Emitting {
  const results: Required<Result>[] = [];
  const operations: Emitted[] = [];
  const constants = new Map<string, Constant>();
  const inputs = new Map<Node, NamedValue & { node: Node }>();
  const reads = new Map<string, Value>();
  const handles = new Map<string, Value>();
  const assigned = new Map<string, { readonly value: Value; readonly node: Node }>();
  const defined = new Map<Node, Value>();
  const rowsOf = new Map<Node, readonly (() => Value)[]>();
  const casts = new Map<string, Value>();
  let place: Node | null = null;

  const fresh = ({ shape, dtype = dataType.float32 }: Result): Value => results.push({ shape, dtype }) - 1;
  const emit = (
    name: string,
    taken: readonly Value[],
    made: readonly Result[],
    attributes: readonly OpAttribute[] = [],
    mutates = false,
  ): readonly Value[] => {
    const outputs = made.map(fresh);
    operations.push({ name, attributes, inputs: taken, outputs, mutates, node: place! });
    return outputs;
  };
  const apply: Emitter['apply'] = (name, taken, result, attributes) => emit(name, taken, [result], attributes)[0]!;

  const constant = (shape: Shape, data: Float32Array | Int32Array): Value => {
    const dtype = data instanceof Int32Array ? dataType.int32 : dataType.float32;
    const key = `${dtype} [${shape.join()}] ${data.length <= 64 ? data.join() : ''}`;
    const known = constants.get(key);
    if (known && data.length <= 64) return known.value;
    const value = fresh({ shape, dtype });
    constants.set(data.length <= 64 ? key : `${key} ${value}`, { value, shape, dtype, data });
    return value;
  };
  const ints: Emitter['ints'] = (values, shape = [values.length]) => constant(shape, Int32Array.from(values));
  const full: Emitter['full'] = (value, shape) => {
    const scalar = constant([], Float32Array.of(value));
    if (shape.length === 0) return scalar;
    const key = `full ${value} [${shape.join()}]`;
    const known = constants.get(key);
    if (known) return known.value;
    const made = fresh({ shape });
    constants.set(key, {
      value: made,
      shape,
      dtype: dataType.float32,
      data: new Float32Array(sizeOf(shape)).fill(value),
    });
    return made;
  };

  const reshape: Emitter['reshape'] = (value, shape) => {
    const { shape: from, dtype } = results[value]!;
    return sameShape(from, shape) ? value : apply('Reshape', [value, ints(shape)], { shape, dtype });
  };
  const cast: Emitter['cast'] = (value, dtype) => {
    const from = results[value]!;
    if (from.dtype === dtype) return value;
    const key = `${value} ${dtype}`;
    const known = casts.get(key);
    if (known !== undefined) return known;
    const made = apply('Cast', [value], { shape: from.shape, dtype }, [type('DstT', dtype)]);
    casts.set(key, made);
    return made;
  };

  const handleOf = (name: string): Value => {
    const known = handles.get(name);
    if (known !== undefined) return known;
    const handle = fresh({ shape: [] });
    handles.set(name, handle);
    return handle;
  };
  const current: Emitter['current'] = (name, shape) => {
    if (variables.has(name)) {
      const dtype = [type('dtype', dataType.float32)];
      return apply('ReadVariableOp', [handleOf(name)], { shape }, dtype);
    }
    const known = assigned.get(name)?.value ?? reads.get(name);
    if (known !== undefined) return known;
    const value = fresh({ shape });
    reads.set(name, value);
    return value;
  };

  /** Rows [from, to) of a node. */
  const rows = (node: Node): Value => {
    const [input] = node.inputs as readonly [Node];
    const { from, to } = attributesOf<RowsAttributes>(node);
    const parts = rowsOf.get(input);
    if (parts && !defined.has(input)) return stacked(parts.slice(from, to), node.shape);
    const x = native(input);
    const rest = node.shape.slice(1);
    return apply('Slice', [x, ints([from, ...rest.map(() => 0)]), ints(node.shape)], {
      shape: node.shape,
      dtype: results[x]!.dtype,
    });
  };
  const stacked = (parts: readonly (() => Value)[], shape: Shape): Value => {
    const values = parts.map((part) => part());
    if (values.length === 1) return reshape(values[0]!, shape);
    return apply('Pack', values, { shape }, [type('T', dataType.float32), int('N', values.length), int('axis', 0)]);
  };

  const row: Emitter['row'] = (node, index) => {
    const parts = rowsOf.get(node);
    if (parts) return parts[index]!();
    const rest = node.shape.slice(1);
    const x = native(node);
    const dtype = results[x]!.dtype;
    const begin = ints([index, ...rest.map(() => 0)]);
    return reshape(apply('Slice', [x, begin, ints([1, ...rest])], { shape: [1, ...rest], dtype }), rest);
  };

  /** What a node is that no step defines. */
  const make = (node: Node): Value => {
    switch (node.op) {
      case 'reshape': {
        // A row that is a value of its own has its shape already.
        const [input] = node.inputs as readonly [Node];
        if (input.op === 'rows' && !defined.has(input)) {
          const { from, to } = attributesOf<RowsAttributes>(input);
          const parts = rowsOf.get(input.inputs[0]!);
          if (parts && to - from === 1 && !defined.has(input.inputs[0]!)) return reshape(parts[from]!(), node.shape);
        }
        return reshape(native(input), node.shape);
      }
      case 'rows':
        return rows(node);
      case 'full':
        return full(attributesOf<FullAttributes>(node).value, node.shape);
      case 'iota':
        return constant(
          node.shape,
          Float32Array.from({ length: node.shape[0]! }, (_, i) => i),
        );
      case 'input': {
        const value = fresh({ shape: node.shape, dtype: node.dtype === 'i32' ? dataType.int32 : dataType.float32 });
        inputs.set(node, { name: String(node.attributes['name']), value, node });
        return value;
      }
      case 'state':
        return current(attributesOf<StateAttributes>(node).name, node.shape);
      default: {
        const parts = rowsOf.get(node);
        if (parts) return stacked(parts, node.shape);
        throw new Error(`${node.op} %${node.id} was read before it was computed`);
      }
    }
  };
  const native: Emitter['native'] = (node) => {
    const known = defined.get(node);
    if (known !== undefined) return known;
    const value = make(node);
    defined.set(node, value);
    return value;
  };

  const emitter: Emitter = {
    native,
    value: (node) => {
      const value = native(node);
      return results[value]!.dtype === dataType.bfloat16 ? cast(value, dataType.float32) : value;
    },
    define: (node, value) => void defined.set(node, value),
    defineRows: (node, parts) =>
      void rowsOf.set(
        node,
        parts.map((part) => {
          let value: Value | undefined;
          return () => (value ??= part());
        }),
      ),
    row,
    typeOf: (value) => results[value]!.dtype,
    shapeOf: (value) => results[value]!.shape,
    cast,
    reshape,
    apply,
    applyMany: (name, taken, made, attributes) => emit(name, taken, made, attributes),
    mutate: (name, taken, attributes) => void emit(name, taken, [], attributes, true),
    scalar: (value) => constant([], Float32Array.of(value)),
    ints,
    full,
    current,
    assign: (name, value) => {
      if (variables.has(name)) emit('AssignVariableOp', [handleOf(name), value], [], [], true);
      else assigned.set(name, { value, node: place! });
    },
    variable: handleOf,
    isVariable: (name) => variables.has(name),
  };
  return {
    emitter,
    at: (node) => {
      place = node;
    },
    finish: () => ({
      results,
      constants: [...constants.values()],
      inputs: [...inputs.values()],
      reads: [...reads].map(([name, value]) => ({ name, value })),
      variables: [...handles].map(([name, value]) => ({ name, value })),
      operations,
      assigned: [...assigned].map(([name, { value, node }]) => ({ name, value, node })),
    }),
  };
}
