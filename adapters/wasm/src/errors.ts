/** WebAssembly, its SIMD instructions, the tfjs package or its binary are missing; the message names which, and the remedy. */
export class WasmError extends Error {
  override name = 'WasmError';
}

/** A step would not fit into the memory that WebAssembly addresses; the message says which batch size would. */
export class WasmMemoryError extends WasmError {
  override name = 'WasmMemoryError';
}

/** Threads are not to be had here, one did not start, or one failed; the message says why, and the remedy. */
export class WasmThreadError extends WasmError {
  override name = 'WasmThreadError';
}
