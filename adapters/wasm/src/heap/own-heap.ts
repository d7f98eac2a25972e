import { WasmError } from '../errors.ts';
import { aligned, maxBytes } from './heap.ts';
import type { Heap } from './heap.ts';

const page = 2 ** 16;

/**
 * A memory of our own, for runtimes without tfjs's binary. First fit over a sorted list of gaps; it grows on demand, to `limit`
 * bytes. By default it ends a page below 4 GiB, so that no end of a value is address 0.
 *
 * @param shared whether threads can share it.
 * @throws WasmError where the runtime has no room for it.
 */
export function ownHeap({ shared = false, limit = maxBytes - page }: { shared?: boolean; limit?: number } = {}): Heap {
  const memory = createMemory(Math.floor(limit / page), shared);
  // Address 0 stays free: it means "none" in kernels.
  let end = 64;
  const gaps: { start: number; bytes: number }[] = [];
  const sizes = new Map<number, number>();
  let used = 64;

  const release = (start: number, bytes: number): void => {
    const at = gaps.findIndex((gap) => gap.start > start);
    gaps.splice(at < 0 ? gaps.length : at, 0, { start, bytes });
    for (let i = gaps.length - 1; i > 0; i--) {
      const [left, right] = [gaps[i - 1]!, gaps[i]!];
      if (left.start + left.bytes !== right.start) continue;
      left.bytes += right.bytes;
      gaps.splice(i, 1);
    }
    const last = gaps.at(-1);
    if (last && last.start + last.bytes === end) {
      end = last.start;
      gaps.pop();
    }
  };

  return {
    memory,
    allocate: (wanted) => {
      const bytes = aligned(Math.max(1, wanted));
      const gap = gaps.find((candidate) => candidate.bytes >= bytes);
      let address = end;
      if (gap) {
        address = gap.start;
        gap.start += bytes;
        gap.bytes -= bytes;
        if (gap.bytes === 0) gaps.splice(gaps.indexOf(gap), 1);
      } else {
        const missing = Math.ceil((end + bytes - memory.buffer.byteLength) / page);
        if (missing > 0) grow(memory, missing, bytes);
        end += bytes;
      }
      sizes.set(address, bytes);
      used += bytes;
      return address;
    },
    free: (address) => {
      const bytes = sizes.get(address);
      if (bytes === undefined) return;
      sizes.delete(address);
      used -= bytes;
      release(address, bytes);
    },
    available: () => limit - used,
    close: () => sizes.clear(),
  };
}

function createMemory(maximum: number, shared: boolean): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum, shared });
  } catch (cause) {
    throw new WasmError(`the runtime reserves no ${maximum * page} bytes for WebAssembly. Close what is not needed`, {
      cause,
    });
  }
}

function grow(memory: WebAssembly.Memory, pages: number, bytes: number): void {
  try {
    memory.grow(pages);
  } catch (cause) {
    throw new WasmError(
      `the WebAssembly memory does not grow by ${bytes} bytes beyond ${memory.buffer.byteLength}. Use smaller batches or close what is not needed`,
      { cause },
    );
  }
}
