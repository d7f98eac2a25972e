import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { WasmThreadError } from '@selfcure/wasm';
import { describe, expect, it } from 'vitest';
import { shareMemory } from '../src/heap/share-binary.ts';

const head = [0, 97, 115, 109, 1, 0, 0, 0];
/** (module (memory (export "m") 1 2)), with a section of no meaning before the memory. */
const plain = Uint8Array.of(...head, 0, 3, 1, 120, 5, 5, 4, 1, 1, 1, 2, 7, 5, 1, 1, 109, 2, 0);

const memoryOf = async (binary: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Memory> => {
  const { instance } = await WebAssembly.instantiate(binary);
  return instance.exports['m'] as WebAssembly.Memory;
};

describe('a binary whose memory is declared shared', () => {
  it('has shared memory of the same limits, and the original stays as it is', async () => {
    const before = [...plain];
    const shared = await memoryOf(shareMemory(plain, 'plain.wasm'));
    expect(shared.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(shared.buffer.byteLength).toBe(65536);
    shared.grow(1);
    expect(() => shared.grow(1)).toThrow(RangeError);
    expect([...plain]).toEqual(before);
    expect((await memoryOf(plain)).buffer).toBeInstanceOf(ArrayBuffer);
  });

  it('that was shared before is the same', () => {
    const once = shareMemory(plain, 'plain.wasm');
    expect(shareMemory(once, 'plain.wasm')).toEqual(once);
  });

  it("differs from tfjs's in one byte, and compiles", async () => {
    const path = createRequire(import.meta.url).resolve(
      '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
    );
    const original = readFileSync(path);
    const shared = shareMemory(original, path);
    expect(shared).toHaveLength(original.length);
    expect([...shared].filter((byte, i) => byte !== original[i])).toEqual([3]);
    await expect(WebAssembly.compile(shared)).resolves.toBeInstanceOf(WebAssembly.Module);
  });

  it.each([
    ['nothing', [], /ends before its memory section/],
    ['text', [...new TextEncoder().encode('<!DOCTYPE html>')], /no WebAssembly binary/],
    ['no memory', head, /ends before its memory section/],
    ['a section that ends too late', [...head, 1, 100], /ends before its memory section/],
    ['two memories', [...head, 5, 7, 2, 1, 1, 2, 1, 1, 2], /2 memories/],
    ['a memory without a maximum', [...head, 5, 3, 1, 0, 1], /flags 0/],
    ['64-bit memory', [...head, 5, 4, 1, 5, 1, 2], /flags 5/],
    ['a number that does not end', [...head, 1, 255, 255, 255, 255, 255, 255], /too long/],
  ])('is refused where there is %s', (_, bytes, reason) => {
    const share = (): unknown => shareMemory(Uint8Array.from(bytes), 'some.wasm');
    expect(share).toThrow(WasmThreadError);
    expect(share).toThrow(/'some.wasm' cannot be run on shared memory/);
    expect(share).toThrow(reason);
  });
});
