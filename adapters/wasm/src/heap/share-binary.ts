import { WasmThreadError } from '../errors.ts';

const importSection = 2;
const memorySection = 5;

/** Kinds of imports. */
const functionImport = 0;
const memoryImport = 2;

/** Flags of a memory's limits: with a maximum, and with a maximum and shared. */
const bounded = 1;
const sharedAndBounded = 3;

/**
 * A copy of a WebAssembly binary whose memory is declared shared; nothing else differs. Code for plain memory is valid on
 * shared memory.
 *
 * @param name of the binary, for messages.
 * @throws WasmThreadError where the binary has not exactly one memory with a maximum, or imports other things than functions and memory.
 */
export function shareMemory(binary: Uint8Array, name: string): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(binary);
  const refuse = (what: string): WasmThreadError =>
    new WasmThreadError(
      `'${name}' cannot be run on shared memory: ${what}. Use @tensorflow/tfjs-backend-wasm 4.22, or give precompiled kernels as ` +
        'wasm({ module })',
    );
  let at = 0;
  const byte = (): number => {
    if (at >= bytes.length) throw refuse('it ends before its memory section');
    return bytes[at++]!;
  };
  /** An unsigned number of 32 bits in LEB128. */
  const number = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const next = byte();
      value += (next & 127) * 2 ** shift;
      if (next < 128) return value;
    }
    throw refuse('a number in it is too long');
  };

  const setShared = (): void => {
    const flags = byte();
    if (flags !== bounded && flags !== sharedAndBounded)
      throw refuse(`the limits of its memory have the flags ${flags}`);
    bytes[at - 1] = sharedAndBounded;
  };
  const skipName = (): void => {
    const length = number();
    at += length;
  };
  /** Goes over one import; whether it was the memory. */
  const importsMemory = (): boolean => {
    skipName(); // of the module
    skipName();
    const kind = byte();
    if (kind === memoryImport) {
      setShared();
      return true;
    }
    if (kind !== functionImport) throw refuse(`it imports something of kind ${kind}`);
    number();
    return false;
  };

  for (const expected of [0, 97, 115, 109, 1, 0, 0, 0]) {
    if (byte() !== expected) throw refuse('it is no WebAssembly binary of version 1');
  }
  for (;;) {
    const section = byte();
    const length = number();
    if (section === importSection) {
      for (let left = number(); left > 0; left--) if (importsMemory()) return bytes;
    } else if (section === memorySection) {
      const memories = number();
      if (memories !== 1) throw refuse(`it has ${memories} memories`);
      setShared();
      return bytes;
    } else at += length;
  }
}
