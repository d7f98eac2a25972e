import type { WasmOptions } from '@selfcure/wasm';

/** What `wasm()` must be told in a page: where vite serves tfjs's binaries. Nothing in Node. */
export const page: Pick<WasmOptions, 'wasmPath'> =
  'document' in globalThis ? { wasmPath: '/node_modules/@tensorflow/tfjs-backend-wasm/dist/' } : {};
