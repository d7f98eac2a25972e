import { engine as tfjsGlobal, env } from '@tensorflow/tfjs-core';
import { getThreadsCount, setWasmPath, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { openEngine, tfjsBackend } from '@selfcure/tfjs';
import type { TfjsEngine } from '@selfcure/tfjs';
import type { Backend } from '@selfcure/tensor';
import { WasmError, WasmThreadError } from './errors.ts';
import { maxBytes } from './heap/heap.ts';
import type { Heap } from './heap/heap.ts';
import { forcePath, sharedCopy } from './heap/share-tfjs.ts';
import { isShared } from './heap/shared.ts';
import { simdBinaryAddress } from './heap/tfjs-binary.ts';
import type { WasmPath } from './heap/tfjs-binary.ts';
import { tfjsHeap, tfjsMemory } from './heap/tfjs-heap.ts';
import { wasmKernels } from './tfjs-kernels/table.ts';

/**
 * tfjs's WebAssembly, started. This file is the only one that imports tfjs, and importing it registers tfjs's backend: it is
 * loaded where tfjs is wanted, so that the rest runs without it.
 */
export interface TfjsRuntime {
  /** Its memory, for kernels of our own. */
  heap(): Heap;
  /** The backend that runs operation by operation on tfjs's kernels; closes the runtime when it is closed. */
  backend(): Promise<Backend>;
  /** Gives tfjs's memory back where this start was the first and nobody else uses it. */
  close(): void;
}

/** How tfjs's WebAssembly starts. */
export interface TfjsStart {
  /** Without effect once it runs. */
  readonly wasmPath: WasmPath | undefined;
  /** Whether threads must be able to share its memory. */
  readonly shared: boolean;
  /** Whether tfjs may start threads of its own where a page is isolated: eight workers, for its kernels only. */
  readonly tfjsThreads: boolean;
}

/**
 * Starts tfjs's WebAssembly, or finds it running: it is one for the whole process or page.
 *
 * @throws WasmError where a binary is not found or not compiled.
 * @throws WasmThreadError where its memory must be shared, and cannot be or is not.
 */
export async function startTfjs({ wasmPath, shared, tfjsThreads }: TfjsStart): Promise<TfjsRuntime> {
  const isRunning = (): boolean => tfjsGlobal().registry['wasm'] !== undefined;
  const copy = shared && !isRunning() ? await sharedCopy(wasmPath) : null;
  const withThreads = await env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT');
  const binary = copy?.address ?? (withThreads && !tfjsThreads ? simdBinaryAddress(wasmPath) : undefined);
  const running = isRunning();
  const engine = await start(running ? {} : { wasmPath, binary }).finally(() => copy?.withdraw());
  // One value for as long as the backend is open: a heap without values has no other user.
  const lease = engine.allocate([1], 'f32');
  const close = (): void => {
    engine.release(lease);
    if (!running && engine.backend.numDataIds() === 0) stop(engine);
  };
  if (shared && !isShared(tfjsMemory(engine.backend as BackendWasm))) {
    close();
    throw new WasmThreadError(
      "tfjs's WebAssembly already runs in this process or page, on memory that threads cannot share. Open the backend with threads " +
        'before all others; the memory is given back when the backend that started it is the last to close',
    );
  }
  return {
    heap: () => tfjsHeap(engine.backend as BackendWasm),
    backend: () =>
      tfjsBackend({
        engine,
        name: 'wasm',
        capabilities: { device: 'wasm', threads: getThreadsCount(), deterministic: true, limits: { maxBytes } },
        overrides: wasmKernels,
        close,
      }),
    close,
  };
}

/** @param from `binary` is the address of the one to load, whatever the paths. */
async function start(from: { wasmPath?: WasmPath | undefined; binary?: string | undefined }): Promise<TfjsEngine> {
  const { wasmPath, binary } = from;
  if (binary !== undefined) setPath(() => forcePath({ setWasmPath }, binary));
  else if (wasmPath !== undefined)
    setPath(() => setWasmPaths(typeof wasmPath === 'string' ? wasmPath : { ...wasmPath }));
  const engine = await openEngine('wasm').catch((cause: unknown) => {
    throw new WasmError(
      "tfjs's WebAssembly did not start: its binary was not found or not compiled. Serve the .wasm files of " +
        "@tensorflow/tfjs-backend-wasm/dist and give their folder as wasm({ wasmPath: '/folder/' }), in a new process or page",
      { cause },
    );
  });
  if (binary !== undefined) forcePath({ setWasmPath }, null);
  return engine;
}

function setPath(set: () => void): void {
  try {
    set();
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
