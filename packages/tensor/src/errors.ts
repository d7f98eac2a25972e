/** Base of the errors of this package: the message names the culprit (operation, layer, shapes) and the remedy. */
export class TensorError extends Error {
  override name = 'TensorError';
}

/** Shapes, types or attributes do not fit an operation. */
export class ShapeError extends TensorError {
  override name = 'ShapeError';
}

/** A graph asks for something no engine could run: a missing gradient, a value from before and after one update. */
export class GraphError extends TensorError {
  override name = 'GraphError';
}

/** An engine neither claims an operation nor can have it lowered to operations that it claims. */
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

/** A program was run with inputs or state that it does not take. */
export class RunError extends TensorError {
  override name = 'RunError';
}
