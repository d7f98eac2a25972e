import { WasmError, WasmThreadError } from './errors.ts';

/** A module with one function that needs a SIMD instruction: (func (result v128) (i32x4.splat (i32.const 0))). */
const simdModule = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // magic, version
  ...[1, 5, 1, 96, 0, 1, 123], // one type: () -> v128
  ...[3, 2, 1, 0], // one function of it
  ...[10, 8, 1, 6, 0, 65, 0, 253, 17, 11], // i32.const 0, i32x4.splat, end
);

const mostThreads = 256;

/** Throws WasmError where WebAssembly or its SIMD instructions are missing. */
export function checkRuntime(): void {
  if (typeof WebAssembly === 'undefined') {
    throw new WasmError(
      'this runtime has no WebAssembly. Use Node 20 or later or a browser that has it, or another adapter',
    );
  }
  if (!WebAssembly.validate(simdModule)) {
    throw new WasmError(
      "this runtime's WebAssembly has no SIMD instructions. Use Node 20, Chrome 91, Firefox 89, Safari 16.4 or later, or another adapter",
    );
  }
}

/** Throws WasmThreadError where this runtime cannot have so many threads. */
export function checkThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > mostThreads)
    throw new WasmThreadError(`threads is a whole number from 1 to ${mostThreads}, not ${threads}`);
  if (threads === 1) return;
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  if (typeof SharedArrayBuffer !== 'undefined' && crossOriginIsolated !== false) return;
  throw new WasmThreadError(
    `${threads} threads need SharedArrayBuffer, which browsers give to cross-origin isolated pages only. Serve the page with the ` +
      'headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, or use wasm({ threads: 1 })',
  );
}
