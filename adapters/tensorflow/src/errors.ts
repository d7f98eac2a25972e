/**
 * An operation of TensorFlow failed. What the run computed is lost; whether the state changed, the message says.
 *
 * @example if (error instanceof TensorFlowRunError) console.error(error.operation, error.layer, error.kernel);
 */
export class TensorFlowRunError extends Error {
  override name = 'TensorFlowRunError';
  /** The operation of the graph; `''` where a state was written, read or copied. */
  readonly operation: string;
  /** Its layer; `''` at the top. */
  readonly layer: string;
  /** The operation of TensorFlow: `'Conv2D'`. */
  readonly kernel: string;
  constructor(operation: string, layer: string, kernel: string, message: string) {
    super(message);
    this.operation = operation;
    this.layer = layer;
    this.kernel = kernel;
  }
}

/**
 * An all-reduce failed because another worker of the cluster is gone, silent, or did not come in time. The engine averages
 * nothing any more: open another on every worker and go on from checkpoints of the same epoch.
 *
 * @example if (error instanceof TensorFlowWorkerLostError) console.error(error.workers);
 */
export class TensorFlowWorkerLostError extends Error {
  override name = 'TensorFlowWorkerLostError';
  /** Places of those that do not answer, ascending; empty where all processes are alive. */
  readonly workers: readonly number[];
  constructor(workers: readonly number[], message: string) {
    super(message);
    this.workers = workers;
  }
}

/** The thread that TensorFlow runs in has ended. Its states are lost: open another backend and go on from the last checkpoint. */
export class TensorFlowWorkerError extends Error {
  override name = 'TensorFlowWorkerError';
}

/** An operation of a graph and its layer, as messages name them. */
export const placeOf = ({ op, layer }: { readonly op: string; readonly layer: string }): string =>
  `${op} (layer '${layer || 'top'}')`;
