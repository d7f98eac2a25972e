import { sizeOf } from '@selfcure/tensor';
import type { Node } from '@selfcure/tensor';
import { dataType } from '../native/binding.ts';
import type { NamedValue, Operation, TensorFlowProgram, Value } from './operation.ts';
import type { Emission, Result } from './emitter.ts';

/** A program with what reports and errors say of it. */
export interface Assembled {
  readonly program: TensorFlowProgram;
  /** What each operation is for. */
  readonly nodes: readonly Node[];
  /** Bytes of a value. */
  bytesOf(value: Value): number;
  /** Most bytes that the values of a run take at once, without states and constants. */
  readonly peakBytes: number;
  readonly constantBytes: number;
}

const bytesOf = ({ shape, dtype }: Required<Result>): number =>
  sizeOf(shape) * (dtype === dataType.bool ? 1 : dtype === dataType.bfloat16 ? 2 : 4);

/**
 * Makes a program of what was emitted: every value is freed after its last use, and every state gets a tensor of its own.
 *
 * @param outputs what a run gives back.
 */
export function assemble(emission: Emission, outputs: readonly NamedValue[]): Assembled {
  const { constants, inputs, reads, variables, assigned } = emission;
  const results = [...emission.results];
  const nodes = emission.operations.map(({ node }) => node);
  const operations: (Omit<Operation, 'frees'> & { frees: Value[] })[] = emission.operations.map(
    ({ name, attributes, inputs: taken, outputs: made, mutates }) => ({
      ...{ name, attributes, inputs: taken, outputs: made, mutates },
      frees: [],
    }),
  );
  const borrowed = new Set([...constants, ...reads, ...variables].map(({ value }) => value));

  // A tensor belongs to one state: what is lent, or goes to a second one, gets a second handle.
  const owned = new Set<Value>();
  const stores = assigned.map(({ name, value, node }): NamedValue => {
    if (!borrowed.has(value) && !owned.has(value)) {
      owned.add(value);
      return { name, value };
    }
    const copy = results.push(results[value]!) - 1;
    operations.push({
      ...{ name: 'Identity', attributes: [], inputs: [value], outputs: [copy], mutates: false },
      frees: [],
    });
    nodes.push(node);
    owned.add(copy);
    return { name, value: copy };
  });

  const last = new Map<Value, number>();
  operations.forEach(({ inputs: taken, outputs: made }, time) => {
    for (const value of [...made, ...taken]) if (!borrowed.has(value)) last.set(value, time);
  });
  for (const { value } of [...outputs, ...stores]) last.delete(value);
  for (const [value, time] of last) operations[time]!.frees.push(value);

  let alive = inputs.reduce((sum, { value }) => sum + bytesOf(results[value]!), 0);
  let peakBytes = alive;
  for (const { outputs: made, frees } of operations) {
    alive += made.reduce((sum, value) => sum + bytesOf(results[value]!), 0);
    peakBytes = Math.max(peakBytes, alive);
    alive -= frees.reduce((sum, value) => sum + bytesOf(results[value]!), 0);
  }
  return {
    program: {
      values: results.length,
      constants,
      inputs: inputs.map(({ name, value }) => ({ name, value, ...results[value]! })),
      reads,
      variables,
      operations,
      stores,
      outputs,
    },
    nodes,
    bytesOf: (value) => bytesOf(results[value]!),
    peakBytes,
    constantBytes: constants.reduce((sum, { data }) => sum + data.byteLength, 0),
  };
}
