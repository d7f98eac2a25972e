export { WasmError, WasmMemoryError } from './errors.ts';
export { wasm } from './wasm.ts';
export type { WasmBinary, WasmOptions } from './wasm.ts';
