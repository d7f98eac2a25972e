/** WebAssembly, its SIMD instructions, the tfjs package or its binary are missing; the message names which, and the remedy. */
export class WasmError extends Error {
  override name = 'WasmError';
}
