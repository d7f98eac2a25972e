/** WebGPU, an adapter or a limit is missing; the message names which, and the remedy. Base of this package's errors. */
export class WebGpuError extends Error {
  override name = 'WebGpuError';
}

/** A plan or a state does not fit into what the device takes; the message says which batch size would. */
export class WebGpuMemoryError extends WebGpuError {
  override name = 'WebGpuMemoryError';
}

/**
 * The device refused a kernel or failed while it ran. What the run computed is lost, and the backend runs nothing more: open
 * a new one and go on from the last state.
 */
export class WebGpuRunError extends WebGpuError {
  override name = 'WebGpuRunError';
  /** The operation that failed; `''` where the device names none. */
  readonly operation: string;
  /** Its layer; `''` at the top. */
  readonly layer: string;
  constructor(operation: string, layer: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.operation = operation;
    this.layer = layer;
  }
}

/**
 * The device is gone: its driver failed, or it was destroyed. No operation can be named. Open a new backend and go on from the
 * last state.
 */
export class WebGpuDeviceLostError extends WebGpuError {
  override name = 'WebGpuDeviceLostError';
}
