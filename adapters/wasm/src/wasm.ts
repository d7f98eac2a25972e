import type * as TfjsWasmModule from '@tensorflow/tfjs-backend-wasm';
import { engine as tfjsGlobal } from '@tensorflow/tfjs-core';
import { openEngine, tfjsBackend } from '@selfcure/tfjs';
import type { TfjsEngine } from '@selfcure/tfjs';
import type { Backend } from '@selfcure/tensor';
import { WasmError } from './errors.ts';
import { wasmKernels } from './kernels/table.ts';

type TfjsWasm = typeof TfjsWasmModule;

/** Names of tfjs's three binaries: plain, with SIMD, with SIMD and threads. */
export type WasmBinary =
  | 'tfjs-backend-wasm.wasm'
  | 'tfjs-backend-wasm-simd.wasm'
  | 'tfjs-backend-wasm-threaded-simd.wasm';

/** Options of {@link wasm}. */
export interface WasmOptions {
  /**
   * Where tfjs's `.wasm` binaries are: their folder (with a `/` at the end) or the address of each. Default: beside the tfjs
   * package, which holds in Node; bundlers move files, so give it there. Without effect once tfjs's WebAssembly runs.
   */
  readonly wasmPath?: string | Readonly<Record<WasmBinary, string>>;
}

/** What 32-bit addresses reach, and tfjs's binaries grow to. */
const maxBytes = 2 ** 32;

/** A module with one function that needs a SIMD instruction: (func (result v128) (i32x4.splat (i32.const 0))). */
const simdModule = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0, // magic, version
  1,
  5,
  1,
  96,
  0,
  1,
  123, // one type: () -> v128
  3,
  2,
  1,
  0, // one function of it
  10,
  8,
  1,
  6,
  0,
  65,
  0,
  253,
  17,
  11, // i32.const 0, i32x4.splat, end
);

/**
 * Training on WebAssembly: anywhere, with nothing native, one thread. The binary comes with `@tensorflow/tfjs-backend-wasm`,
 * which is loaded here and not at import.
 *
 * Several backends share the one WebAssembly heap of tfjs. It is given back when the backend that started it closes last.
 *
 * @throws WasmError where WebAssembly, its SIMD instructions or the tfjs package are missing, or the binary does not load.
 * @example
 * const backend = await wasm();
 * const inBrowser = await wasm({ wasmPath: '/assets/tfjs/' });
 */
export async function wasm({ wasmPath }: WasmOptions = {}): Promise<Backend> {
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
  const tfjs = await loadTfjs();
  const running = tfjsGlobal().registry['wasm'] !== undefined;
  if (wasmPath !== undefined && !running) setPath(tfjs, wasmPath);
  const engine = await openEngine('wasm').catch((cause: unknown) => {
    throw new WasmError(
      "tfjs's WebAssembly did not start: its binary was not found or not compiled. Serve the .wasm files of " +
        "@tensorflow/tfjs-backend-wasm/dist and give their folder as wasm({ wasmPath: '/folder/' }), in a new process or page",
      { cause },
    );
  });
  // One value for as long as the backend is open: a heap without values has no other user.
  const lease = engine.allocate([1], 'f32');
  return tfjsBackend({
    engine,
    name: 'wasm',
    capabilities: { device: 'wasm', threads: tfjs.getThreadsCount(), deterministic: true, limits: { maxBytes } },
    overrides: wasmKernels,
    close: () => {
      engine.release(lease);
      if (!running && engine.backend.numDataIds() === 0) stop(engine);
    },
  });
}

function setPath(tfjs: TfjsWasm, wasmPath: NonNullable<WasmOptions['wasmPath']>): void {
  try {
    tfjs.setWasmPaths(typeof wasmPath === 'string' ? wasmPath : { ...wasmPath });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new WasmError(
      `tfjs refuses the wasmPath (${message}). After a failed start it takes another only in a new process or page`,
      { cause },
    );
  }
}

/** Gives the heap back; tfjs can start its WebAssembly anew. */
function stop({ backend, backendName }: TfjsEngine): void {
  const tfjs = tfjsGlobal();
  const registration = tfjs.registryFactory[backendName];
  if (tfjs.registry[backendName] !== backend || !registration) return;
  tfjs.removeBackend(backendName);
  tfjs.registerBackend(backendName, registration.factory, registration.priority);
}

/** Importing the package registers tfjs's backend, so that happens only when one is asked for. */
async function loadTfjs(): Promise<TfjsWasm> {
  try {
    return await import('@tensorflow/tfjs-backend-wasm');
  } catch (cause) {
    throw new WasmError("'@tensorflow/tfjs-backend-wasm' is missing. Install it beside @tensorflow/tfjs-core 4.22", {
      cause,
    });
  }
}
