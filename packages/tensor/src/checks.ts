import type { NumericArray } from './backend.ts';
import { RunError } from './errors.ts';
import type { Shape, StateSpec } from './graph.ts';
import { formatShape, sameShape, sizeOf } from './shape.ts';

/**
 * Checks that an array is there and fits a shape.
 *
 * @param what it is, for the message: `'input'`, `'state'`.
 * @throws RunError where it is missing or of another length.
 * @example checkArray('input', 'x', inputs['x'], [32, 48, 48, 1]);
 */
export function checkArray(what: string, name: string, array: NumericArray | undefined, shape: Shape): void {
  if (array?.length === sizeOf(shape)) return;
  throw new RunError(
    array
      ? `${what} '${name}' has ${array.length} elements, its shape ${formatShape(shape)} needs ${sizeOf(shape)}`
      : `${what} '${name}' ${formatShape(shape)} is missing`,
  );
}

/**
 * Checks that a state holds what a program uses.
 *
 * @param held what the state was made of.
 * @param used what the program's graph declares.
 * @throws RunError where a value is missing or has another shape.
 * @example checkState(state.specs, program.graph.state);
 */
export function checkState(held: readonly StateSpec[], used: readonly StateSpec[]): void {
  const shapes = new Map(held.map((spec) => [spec.name, spec.shape]));
  const absent = used.filter((spec) => !shapes.has(spec.name)).map((spec) => spec.name);
  if (absent.length)
    throw new RunError(
      `the program uses state that is missing: ${absent.join(', ')}. Create the state from the program's graph`,
    );
  const other = used.find((spec) => !sameShape(shapes.get(spec.name)!, spec.shape));
  if (other) {
    throw new RunError(
      `state '${other.name}' is ${formatShape(shapes.get(other.name)!)}, the program takes ${formatShape(other.shape)}`,
    );
  }
}
