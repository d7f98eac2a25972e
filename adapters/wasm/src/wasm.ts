import type { Backend } from '@selfcure/tensor';
import { WasmError, WasmThreadError } from './errors.ts';
import { hasRelaxedSimd, loadKernels } from './execute/load.ts';
import { isShared } from './heap/shared.ts';
import type { WasmPath } from './heap/tfjs-binary.ts';
import { ownBackend, standaloneBackend } from './own-backend.ts';
import { checkRuntime, checkThreads } from './runtime.ts';
import type * as TfjsRuntimeModule from './tfjs-runtime.ts';

/** Options of {@link wasm}. */
export interface WasmOptions {
  /**
   * Where tfjs's `.wasm` binaries are: their folder (with a `/` at the end) or the address of each. Default: beside the tfjs
   * package, which holds in Node; bundlers move files, so give it there. Without effect once tfjs's WebAssembly runs.
   */
  readonly wasmPath?: WasmPath;
  /** No Winograd transforms: every product is a plain sum of products, as in other engines, at about half the speed. Default false. */
  readonly exact?: boolean;
  /**
   * Which kernels run: `'own'` (default), whole steps on kernels made for training; or `'tfjs'`, operation by operation on those of
   * tfjs, for comparison.
   */
  readonly kernels?: 'own' | 'tfjs';
  /**
   * Precompiled kernels (`@selfcure/wasm/kernels/*.wasm`), for platforms that do not compile bytes. The engine then has a
   * memory of its own, one thread, and needs no tfjs.
   */
  readonly module?: WebAssembly.Module;
  /**
   * Threads that own kernels run on, the calling one among them: 1 to 256, default 1. Results are the same to the bit for any
   * number. More than the machine has cores makes them wait for each other.
   *
   * In Node they are `worker_threads`, which keep no process alive. In browsers they are workers from a blob URL: the page must be
   * cross-origin isolated (the headers `Cross-Origin-Opener-Policy: same-origin` and `Cross-Origin-Embedder-Policy: require-corp`)
   * and a Content-Security-Policy must allow `worker-src blob:` and `connect-src blob:`. Train in a worker there: the main thread
   * may not sleep while it waits for the others.
   *
   * They share tfjs's memory, one for the whole process or page, and decided when it starts: open a backend with
   * threads before those without, or close those first.
   */
  readonly threads?: number;
}

/**
 * Training on WebAssembly: anywhere, with nothing native.
 *
 * Values live in the heap of `@tensorflow/tfjs-backend-wasm`, which is loaded here and not at import; several backends share
 * it, and it is given back when the backend that started it closes last. With `module` the engine stands alone.
 *
 * @throws WasmError where WebAssembly, its SIMD instructions or the tfjs package are missing, or a binary does not load.
 * @throws WasmThreadError where there cannot be so many threads.
 * @example
 * const backend = await wasm();
 * const inBrowser = await wasm({ wasmPath: '/assets/tfjs/' });
 */
export async function wasm(options: WasmOptions = {}): Promise<Backend> {
  const { wasmPath, exact = false, kernels = 'own', module, threads = 1 } = options;
  checkRuntime();
  checkThreads(threads);
  if (module) return standaloneBackend(module, { exact, threads });
  if (kernels === 'tfjs' && threads > 1)
    throw new WasmThreadError(`kernels: 'tfjs' takes no threads. Use wasm({ threads: ${threads} })`);
  const { startTfjs } = await loadTfjs();
  const tfjs = await startTfjs({ wasmPath, shared: threads > 1, tfjsThreads: kernels === 'tfjs' });
  try {
    if (kernels === 'tfjs') return await tfjs.backend();
    const heap = tfjs.heap();
    const build = await loadKernels({ relaxed: await hasRelaxedSimd(), shared: isShared(heap.memory) });
    const close = (): void => {
      heap.close();
      tfjs.close();
    };
    return await ownBackend(heap, build, { exact, threads, close });
  } catch (error) {
    tfjs.close();
    throw error;
  }
}

/** Importing tfjs's package registers its backend, so that happens only when it is asked for. */
async function loadTfjs(): Promise<typeof TfjsRuntimeModule> {
  try {
    return await import('./tfjs-runtime.ts');
  } catch (cause) {
    throw new WasmError(
      "tfjs did not load. Install '@tensorflow/tfjs-core' and '@tensorflow/tfjs-backend-wasm' 4.22, or give wasm({ module })",
      { cause },
    );
  }
}
