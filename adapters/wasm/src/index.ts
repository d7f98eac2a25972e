export { WasmError, WasmMemoryError, WasmThreadError } from './errors.ts';
export { wasm } from './wasm.ts';
export type { WasmOptions } from './wasm.ts';
export type { WasmBinary, WasmPath } from './heap/tfjs-binary.ts';
