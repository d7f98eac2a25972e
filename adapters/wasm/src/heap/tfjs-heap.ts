import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { WasmError } from '../errors.ts';
import { aligned, maxBytes } from './heap.ts';
import type { Heap } from './heap.ts';

/** The part of tfjs's Emscripten module that a heap needs; its types leave it out. */
interface EmscriptenModule {
  _malloc(bytes: number): number;
  _free(address: number): void;
  readonly asm?: { readonly memory?: WebAssembly.Memory };
  readonly wasmMemory?: WebAssembly.Memory;
}

/** Emscripten's allocator ends the module where the memory ends: stay below by this much, for its bookkeeping and gaps. */
const slack = 2 ** 26;

/**
 * The memory of tfjs's WebAssembly.
 *
 * @throws WasmError where this version of tfjs hides it.
 */
export function tfjsMemory(backend: BackendWasm): WebAssembly.Memory {
  const { asm, wasmMemory } = backend.wasm as unknown as EmscriptenModule;
  const memory = asm?.memory ?? wasmMemory;
  if (!memory) {
    throw new WasmError(
      "tfjs's WebAssembly does not show its memory. Use @tensorflow/tfjs-backend-wasm 4.22, or give precompiled kernels as wasm({ module })",
    );
  }
  return memory;
}

/** A heap in the memory of tfjs's WebAssembly: values of both live side by side. */
export function tfjsHeap(backend: BackendWasm): Heap {
  const module = backend.wasm as unknown as EmscriptenModule;
  const memory = tfjsMemory(backend);
  const blocks = new Map<number, { readonly raw: number; readonly bytes: number }>();
  let used = 0;
  const available = (): number =>
    maxBytes - slack - memory.buffer.byteLength + Math.max(0, memory.buffer.byteLength - used - slack);
  return {
    memory,
    allocate: (wanted) => {
      const bytes = aligned(Math.max(1, wanted)) + 64;
      if (bytes > available())
        throw new WasmError(
          `${bytes} bytes do not fit into the 4 GiB that WebAssembly addresses, of which ${used} are in use`,
        );
      const raw = module._malloc(bytes) >>> 0;
      if (raw === 0) throw new WasmError(`tfjs's WebAssembly has no ${bytes} bytes left`);
      const address = aligned(raw);
      blocks.set(address, { raw, bytes });
      used += bytes;
      return address;
    },
    free: (address) => {
      const block = blocks.get(address);
      if (!block) return;
      blocks.delete(address);
      used -= block.bytes;
      module._free(block.raw);
    },
    available,
    close: () => {
      for (const { raw } of blocks.values()) module._free(raw);
      blocks.clear();
      used = 0;
    },
  };
}
