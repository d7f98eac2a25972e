import type { Heap } from './heap.ts';

/**
 * One piece of memory that grows to what the largest program needs. Programs use it in turn, so that training and evaluation
 * need no more than the larger of both; what it holds lasts for one run.
 */
export interface Arena {
  /** Changes when it grows. */
  readonly address: number;
  readonly bytes: number;
  /** Throws WasmError where the memory ends; it is as it was then. */
  reserve(bytes: number): void;
  close(): void;
}

/** An arena without memory yet. */
export function createArena(heap: Heap): Arena {
  let address = 0;
  let bytes = 0;
  return {
    get address() {
      return address;
    },
    get bytes() {
      return bytes;
    },
    reserve: (wanted) => {
      if (wanted <= bytes) return;
      if (address) heap.free(address);
      try {
        address = heap.allocate(wanted);
        bytes = wanted;
      } catch (error) {
        address = bytes ? heap.allocate(bytes) : 0;
        throw error;
      }
    },
    close: () => {
      if (address) heap.free(address);
      [address, bytes] = [0, 0];
    },
  };
}
