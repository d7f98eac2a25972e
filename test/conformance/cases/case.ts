import fc from 'fast-check';
import { trace } from '@selfcure/tensor';
import type { Backend, Graph, NamedArrays, Ops, Tensor } from '@selfcure/tensor';
import { normal } from '../values.ts';
import type { Values } from '../values.ts';

/** One computation: arrays and a function of them. */
export interface Example {
  readonly inputs: Readonly<Record<string, Values>>;
  build(ops: Ops, inputs: Record<string, Tensor>): Tensor;
}

/** What an operation is tried on: any number of examples, from parameters that fast-check varies. */
export interface OperationCase {
  /** Unique: the operation, or `operation: what is special`. */
  readonly name: string;
  /** Printed parameters, to repeat a failure, and the example that they stand for. */
  readonly examples: fc.Arbitrary<{ readonly parameters: unknown; readonly example: Example }>;
}

/** A case from an arbitrary of parameters and the example that parameters stand for. */
export function operationCase<P>(
  name: string,
  parameters: fc.Arbitrary<P>,
  example: (parameters: P) => Example,
): OperationCase {
  return { name, examples: parameters.map((chosen) => ({ parameters: chosen, example: example(chosen) })) };
}

/** Seeds of arrays. */
export const seed: fc.Arbitrary<number> = fc.nat(1 << 20);
/** Lengths of an axis: small, odd ones included, and some beyond one vector register. */
export const axis: fc.Arbitrary<number> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom(7, 9, 16, 17) },
);
/** Shapes of some rank. */
export const shapes = (minLength: number, maxLength: number): fc.Arbitrary<number[]> =>
  fc.array(axis, { minLength, maxLength });

/** The graph of an example: its value, and gradients of sum(value * upstream) for all float inputs that have one. */
export function graphOf({ inputs, build }: Example): Graph {
  return trace((ops) => {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, { shape, dtype }]) => [name, ops.input(name, shape, dtype)]),
    );
    const value = build(ops, tensors);
    const names = Object.keys(inputs).filter((name) => inputs[name]!.dtype === 'f32');
    const loss = ops.sum(ops.mul(value, ops.input('upstream', value.shape)));
    const gradients = ops.gradients(
      loss,
      names.map((name) => tensors[name]!),
    );
    const found = names.flatMap((name, i) => (gradients[i] ? [[`gradient/${name}`, gradients[i]] as const] : []));
    return { value, ...Object.fromEntries(found) };
  });
}

/** Runs the graph of an example once, on a state without values. */
export async function runExample(backend: Backend, graph: Graph, { inputs }: Example): Promise<NamedArrays> {
  const program = await backend.compile(graph);
  const state = await backend.createState([], {});
  try {
    const arrays = Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, data]));
    const upstream = graph.inputs.find(({ name }) => name === 'upstream');
    return await program.run(state, { ...arrays, ...(upstream && { upstream: normal(upstream.shape, 1).data }) });
  } finally {
    state.dispose();
    program.dispose();
  }
}
