import type * as TfjsWasm from '@tensorflow/tfjs-backend-wasm';
import { env } from '@tensorflow/tfjs-core';
import { shareMemory } from './share-binary.ts';
import { publish, readBinary, simdBinaryAddress } from './tfjs-binary.ts';
import type { WasmPath } from './tfjs-binary.ts';

/**
 * Lends out tfjs's binary with its memory declared shared. tfjs's own build for threads has such a memory too, but starts
 * threads that our kernels do not use, and does not start in Node.
 *
 * @throws WasmThreadError where the binary is not to be had, or another than expected.
 */
export async function sharedCopy(wasmPath: WasmPath | undefined): ReturnType<typeof publish> {
  const address = simdBinaryAddress(wasmPath);
  return publish(shareMemory(await readBinary(address), address));
}

/**
 * Makes tfjs load one binary whatever paths it was told, without threads of its own; null undoes that. Paths given by
 * `setWasmPaths` could not be taken back. Its warning that there is a newer function is of no use here.
 */
export function forcePath({ setWasmPath }: Pick<typeof TfjsWasm, 'setWasmPath'>, address: string | null): void {
  const warnings = env().getBool('DEPRECATION_WARNINGS_ENABLED');
  env().set('DEPRECATION_WARNINGS_ENABLED', false);
  try {
    setWasmPath(address as string);
  } finally {
    env().set('DEPRECATION_WARNINGS_ENABLED', warnings);
  }
}
