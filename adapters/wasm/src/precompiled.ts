/**
 * The package on platforms that never compile bytes; its manifest gives them this entry (conditions `workerd`, `edge-light`). It
 * has the exports of the other one, and leaves out what could not run there: tfjs and the binaries in JavaScript.
 *
 * @module
 */
import type { Backend } from '@selfcure/tensor';
import { WasmError } from './errors.ts';
import { standaloneBackend } from './own-backend.ts';
import { checkRuntime, checkThreads } from './runtime.ts';
import type { WasmOptions } from './wasm.ts';

export { WasmError, WasmMemoryError, WasmThreadError } from './errors.ts';
export type { WasmBinary, WasmPath } from './heap/tfjs-binary.ts';
export type { WasmOptions } from './wasm.ts';

/** `wasm` for precompiled kernels alone. Throws WasmError without `module`, and for tfjs's kernels. */
export async function wasm({ module, kernels, exact = false, threads = 1 }: WasmOptions = {}): Promise<Backend> {
  checkRuntime();
  checkThreads(threads);
  if (!module || kernels === 'tfjs') {
    throw new WasmError(
      'this platform does not compile WebAssembly, so only precompiled kernels of this package run here: ' +
        "import kernels from '@selfcure/wasm/kernels/simd.wasm'; wasm({ module: kernels })",
    );
  }
  return standaloneBackend(module, { exact, threads });
}
