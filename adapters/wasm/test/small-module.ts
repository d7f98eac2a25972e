import { layouts } from '../src/binary/layouts.ts';

/** Bytes of an unsigned number in LEB128. */
function leb(value: number): number[] {
  const bytes: number[] = [];
  do {
    const rest = value >>> 7;
    bytes.push((value & 127) | (rest > 0 ? 128 : 0));
    value = rest;
  } while (value > 0);
  return bytes;
}

const sized = (bytes: readonly number[]): number[] => [...leb(bytes.length), ...bytes];
const text = (value: string): number[] => sized([...new TextEncoder().encode(value)]);
const section = (id: number, bytes: readonly number[]): number[] => [id, ...sized(bytes)];

/**
 * Instructions for {@link moduleOf}. Locals 0, 1 and 2 are the kernel's parameters: address of its words, task, scratch.
 */
export const code = {
  /** Stores 1 at the address of the words, visible to other threads. */
  flag: [32, 0, 65, 1, 254, 23, 2, 0], // local.get 0; i32.const 1; i32.atomic.store
  trap: [0], // unreachable
  hang: [3, 64, 12, 0, 11], // loop; br 0; end
  /** Stores the address of the scratch memory in the word of the task. */
  scratch: [32, 0, 32, 1, 65, 2, 116, 106, 32, 2, 254, 23, 2, 0], // words + (task << 2); local.get 2; i32.atomic.store
} as const;

/** A module on shared memory in which every kernel is this piece of code. */
export function moduleOf(instructions: readonly number[]): WebAssembly.Module {
  const names = Object.keys(layouts);
  const memory = [...text('env'), ...text('memory'), 2, 3, 1, ...leb(65536)];
  const body = sized([0, ...instructions, 11]);
  const exported = names.flatMap((name) => [...text(name), 0, 0]);
  return new WebAssembly.Module(
    Uint8Array.of(
      ...[0, 97, 115, 109, 1, 0, 0, 0],
      ...section(1, [1, 96, 3, 127, 127, 127, 0]),
      ...section(2, [1, ...memory]),
      ...section(3, [1, 0]),
      ...section(7, [...leb(names.length), ...exported]),
      ...section(10, [1, ...body]),
    ),
  );
}
