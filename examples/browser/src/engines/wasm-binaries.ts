import relaxedAddress from '@selfcure/wasm/kernels/relaxed.wasm?url&inline';

/**
 * The WebAssembly binaries, as parts of the bundle: nothing is fetched, so the page's policy can refuse every connection.
 */

/** Kernels for relaxed SIMD: fused multiply-adds where the machine has them. */
export const relaxedKernels = (): Uint8Array<ArrayBuffer> => bytesOf(relaxedAddress);

/** Kernels for plain SIMD; a chunk of its own, for browsers without relaxed SIMD. */
export async function simdKernels(): Promise<Uint8Array<ArrayBuffer>> {
  const { default: address } = await import('@selfcure/wasm/kernels/simd.wasm?url&inline');
  return bytesOf(address);
}

/** tfjs's binary, whose memory threads share; a chunk of its own, loaded where there are threads. */
export async function tfjsBinary(): Promise<Uint8Array<ArrayBuffer>> {
  const { default: address } =
    await import('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url&inline');
  return bytesOf(address);
}

/** The bytes of a `data:` address in base64. */
function bytesOf(address: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(address.slice(address.indexOf(',') + 1)), (character) => character.charCodeAt(0));
}
