import type { Backend, Capabilities } from '@selfcure/tensor';
import type { Executor } from './execute/executor.ts';
import { WasmThreadError } from './errors.ts';
import { checkModule, instantiate } from './execute/kernels.ts';
import { singleThread } from './execute/single-thread.ts';
import { threadPool } from './execute/thread-pool.ts';
import { maxBytes } from './heap/heap.ts';
import type { Heap } from './heap/heap.ts';
import { ownHeap } from './heap/own-heap.ts';
import { planBackend } from './plan-backend.ts';

/** How own kernels run. */
export interface OwnOptions {
  readonly exact: boolean;
  readonly threads: number;
}

/** The backend of own kernels on a heap. `close` runs after the backend has freed its memory there. */
export async function ownBackend(
  heap: Heap,
  module: WebAssembly.Module,
  { exact, threads, close }: OwnOptions & { close(): void },
): Promise<Backend> {
  const kernels = instantiate(module, heap.memory);
  const executor: Executor =
    threads > 1 ? await threadPool({ heap, module, kernels, threads }) : singleThread(heap, kernels);
  const capabilities: Capabilities = {
    device: 'wasm',
    threads,
    precision: 'float32',
    deterministic: true,
    limits: { maxBytes },
  };
  return planBackend({ heap, executor, kernels: { exact }, capabilities, close });
}

/**
 * The backend of precompiled kernels, on a memory of its own.
 *
 * @throws WasmError where the module holds other kernels.
 * @throws WasmThreadError for more than one thread: precompiled kernels run on memory that is not shared.
 */
export async function standaloneBackend(module: WebAssembly.Module, options: OwnOptions): Promise<Backend> {
  if (options.threads > 1)
    throw new WasmThreadError('precompiled kernels run on one thread. Leave out module or threads');
  checkModule(module);
  const heap = ownHeap();
  return ownBackend(heap, module, { ...options, close: heap.close });
}
