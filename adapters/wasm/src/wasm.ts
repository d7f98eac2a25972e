import type * as TfjsWasmModule from '@tensorflow/tfjs-backend-wasm';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { engine as tfjsGlobal } from '@tensorflow/tfjs-core';
import { openEngine, tfjsBackend } from '@selfcure/tfjs';
import type { TfjsEngine } from '@selfcure/tfjs';
import type { Backend } from '@selfcure/tensor';
import { WasmError } from './errors.ts';
import { hasRelaxedSimd, loadKernels } from './execute/load.ts';
import { instantiate } from './execute/kernels.ts';
import { singleThread } from './execute/single-thread.ts';
import { maxBytes } from './heap/heap.ts';
import { ownHeap } from './heap/own-heap.ts';
import { tfjsHeap } from './heap/tfjs-heap.ts';
import { planBackend } from './plan-backend.ts';
import { wasmKernels } from './tfjs-kernels/table.ts';

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
  /** No Winograd transforms: every product is a plain sum of products, as in other engines, at about half the speed. Default false. */
  readonly exact?: boolean;
  /**
   * Which kernels run: `'own'` (default), whole steps on kernels made for training; or `'tfjs'`, operation by operation on those of
   * tfjs, for comparison.
   */
  readonly kernels?: 'own' | 'tfjs';
  /**
   * Precompiled kernels (`@selfcure/wasm/kernels/*.wasm`), for platforms that do not compile bytes. The engine then has a memory of
   * its own and needs no tfjs.
   */
  readonly module?: WebAssembly.Module;
}

/** A module with one function that needs a SIMD instruction: (func (result v128) (i32x4.splat (i32.const 0))). */
const simdModule = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // magic, version
  ...[1, 5, 1, 96, 0, 1, 123], // one type: () -> v128
  ...[3, 2, 1, 0], // one function of it
  ...[10, 8, 1, 6, 0, 65, 0, 253, 17, 11], // i32.const 0, i32x4.splat, end
);

/**
 * Training on WebAssembly: anywhere, with nothing native.
 *
 * Values live in the heap of `@tensorflow/tfjs-backend-wasm`, which is loaded here and not at import; several backends share
 * it, and it is given back when the backend that started it closes last. With `module` the engine stands alone.
 *
 * @throws WasmError where WebAssembly, its SIMD instructions or the tfjs package are missing, or a binary does not load.
 * @example
 * const backend = await wasm();
 * const inBrowser = await wasm({ wasmPath: '/assets/tfjs/' });
 */
export async function wasm(options: WasmOptions = {}): Promise<Backend> {
  const { wasmPath, exact = false, kernels = 'tfjs', module } = options;
  checkRuntime();
  if (module) {
    const heap = ownHeap();
    return planBackend({
      heap,
      executor: singleThread(heap, instantiate(module, heap.memory)),
      kernels: { exact },
      capabilities: { device: 'wasm', threads: 1, precision: 'float32', deterministic: true, limits: { maxBytes } },
      close: heap.close,
    });
  }
  const { engine, threads, close } = await openTfjs(wasmPath);
  if (kernels === 'tfjs') {
    return tfjsBackend({
      engine,
      name: 'wasm',
      capabilities: { device: 'wasm', threads, deterministic: true, limits: { maxBytes } },
      overrides: wasmKernels,
      close,
    });
  }
  const heap = tfjsHeap(engine.backend as BackendWasm);
  const compiled = await loadKernels({ relaxed: await hasRelaxedSimd(), shared: false });
  return planBackend({
    heap,
    executor: singleThread(heap, instantiate(compiled, heap.memory)),
    kernels: { exact },
    capabilities: { device: 'wasm', threads: 1, precision: 'float32', deterministic: true, limits: { maxBytes } },
    close: () => {
      heap.close();
      close();
    },
  });
}

function checkRuntime(): void {
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

/** Starts tfjs's WebAssembly, or finds it running; `close` gives it back where nobody else uses it. */
async function openTfjs(
  wasmPath: WasmOptions['wasmPath'],
): Promise<{ engine: TfjsEngine; threads: number; close(): void }> {
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
  return {
    engine,
    threads: tfjs.getThreadsCount(),
    close: () => {
      engine.release(lease);
      if (!running && engine.backend.numDataIds() === 0) stop(engine);
    },
  };
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
