/**
 * Base of the errors of this package: the message names the culprit (operation, layer, shapes) and the remedy.
 *
 * @example if (error instanceof TensorError) console.error(error.message);
 */
export class TensorError extends Error {
  override name = 'TensorError';
}

/**
 * Shapes, types or attributes do not fit an operation.
 *
 * @example trace((ops) => ({ y: ops.matmul(ops.input('a', [4, 3]), ops.input('b', [5, 2])) })); // throws it
 */
export class ShapeError extends TensorError {
  override name = 'ShapeError';
}

/**
 * A graph asks for something no engine could run: a missing gradient, a value from before and after one update.
 *
 * @example trace((ops) => ({ w: ops.read('w') })); // throws it: state 'w' is not declared
 */
export class GraphError extends TensorError {
  override name = 'GraphError';
}

/**
 * An engine neither claims an operation nor can have it lowered to operations that it claims.
 *
 * @example if (error instanceof UnsupportedOperationError) console.error(error.operation, error.layer);
 */
export class UnsupportedOperationError extends TensorError {
  override name = 'UnsupportedOperationError';
  readonly operation: string;
  readonly layer: string;
  constructor(operation: string, layer: string, message: string) {
    super(message);
    this.operation = operation;
    this.layer = layer;
  }
}

/**
 * A program was run with inputs or state that it does not take.
 *
 * @example await program.run(state, {}); // rejects with it: input 'x' [4, 3] is missing
 */
export class RunError extends TensorError {
  override name = 'RunError';
}

/** An operation and its layer, as error messages name them. */
export function placeOf({ op, layer }: { readonly op: string; readonly layer: string }): string {
  return `${op} (layer '${layer || 'top'}')`;
}
