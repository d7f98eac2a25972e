import { WasmThreadError } from '../errors.ts';
import { nodeBuiltin } from '../node-builtin.ts';

/** Names of tfjs's three binaries: plain, with SIMD, with SIMD and threads. */
export type WasmBinary =
  | 'tfjs-backend-wasm.wasm'
  | 'tfjs-backend-wasm-simd.wasm'
  | 'tfjs-backend-wasm-threaded-simd.wasm';

/** The folder of tfjs's binaries (with a `/` at the end), or the address of each. */
export type WasmPath = string | Readonly<Record<WasmBinary, string>>;

/** The binary that tfjs loads where it has SIMD and no threads of its own. */
export const simdBinary = 'tfjs-backend-wasm-simd.wasm';

/** Address of {@link simdBinary}. Without a path: beside the tfjs package in Node, beside the page or worker in browsers. */
export function simdBinaryAddress(path: WasmPath | undefined): string {
  if (typeof path === 'object') return path[simdBinary];
  if (path !== undefined) return path + simdBinary;
  const node = nodeBuiltin('node:module');
  if (!node) return simdBinary;
  try {
    return node.createRequire(import.meta.url).resolve(`@tensorflow/tfjs-backend-wasm/dist/${simdBinary}`);
  } catch {
    return simdBinary; // A bundle that moved away from the package: its files may lie beside it.
  }
}

/**
 * The bytes of a binary, read as tfjs reads it: a file in Node, a request in browsers.
 *
 * @throws WasmThreadError where it is not to be had.
 */
export async function readBinary(path: string): Promise<Uint8Array> {
  const files = nodeBuiltin('node:fs/promises');
  try {
    if (files) return await files.readFile(path.startsWith('file://') ? new URL(path) : path);
    const response = await fetch(path, { credentials: 'same-origin' });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new WasmThreadError(
      `threads need the bytes of tfjs's binary, which are not at '${path}'. Serve the .wasm files of ` +
        "@tensorflow/tfjs-backend-wasm/dist and give their folder as wasm({ wasmPath: '/folder/' }), or use wasm({ threads: 1 })",
      { cause },
    );
  }
}

/** Gives bytes an address that tfjs can load from: a temporary file in Node, a blob URL in browsers. */
export async function publish(bytes: Uint8Array<ArrayBuffer>): Promise<{ address: string; withdraw(): Promise<void> }> {
  const files = nodeBuiltin('node:fs/promises');
  if (!files) {
    const address = URL.createObjectURL(new Blob([bytes], { type: 'application/wasm' }));
    // tfjs would fail there, and for good: it starts once.
    await fetch(address).catch((cause: unknown) => {
      URL.revokeObjectURL(address);
      throw new WasmThreadError(
        "threads need a changed copy of tfjs's binary, whose address the page may not load. Allow 'connect-src blob:' in the " +
          'Content-Security-Policy, or use wasm({ threads: 1 })',
        { cause },
      );
    });
    return { address, withdraw: async () => URL.revokeObjectURL(address) };
  }
  const { join } = nodeBuiltin('node:path')!;
  try {
    const folder = await files.mkdtemp(join(nodeBuiltin('node:os')!.tmpdir(), 'selfcure-'));
    const address = join(folder, simdBinary);
    await files.writeFile(address, bytes);
    return { address, withdraw: async () => files.rm(folder, { recursive: true, force: true }) };
  } catch (cause) {
    throw new WasmThreadError(
      "threads need a changed copy of tfjs's binary in the folder for temporary files, which cannot be written. Set TMPDIR to one " +
        'that can, or use wasm({ threads: 1 })',
      { cause },
    );
  }
}
