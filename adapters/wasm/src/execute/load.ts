import { WasmError } from '../errors.ts';
import { shareMemory } from '../heap/share-binary.ts';
import { nodeBuiltin } from '../node-builtin.ts';

/** What a build of the kernels needs of the runtime. */
export interface Build {
  /** Fused multiply-adds: relaxed SIMD. */
  readonly relaxed: boolean;
  /** Memory that threads share. */
  readonly shared: boolean;
}

/** (func (param v128) (result v128) (f32x4.relaxed_madd …)): whether a runtime knows relaxed SIMD. */
const relaxedModule = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // magic, version
  ...[1, 6, 1, 96, 1, 123, 1, 123], // one type: (v128) -> v128
  ...[3, 2, 1, 0], // one function of it
  ...[10, 13, 1, 11, 0, 32, 0, 32, 0, 32, 0, 253, 133, 2, 11], // madd of its parameter, thrice
);

/**
 * Whether the runtime has relaxed SIMD. Node 20 has it behind a flag, which can still be set before the first module that needs
 * it is compiled.
 */
export async function hasRelaxedSimd(): Promise<boolean> {
  if (WebAssembly.validate(relaxedModule)) return true;
  const v8 = nodeBuiltin('node:v8');
  if (!v8) return false;
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  return WebAssembly.validate(relaxedModule);
}

/** Compiles one build of the kernels. Each is a file of its own, so that only one is loaded. */
export async function loadKernels({ relaxed, shared }: Build): Promise<WebAssembly.Module> {
  const { binary } = await (relaxed ? import('../binary/relaxed.ts') : import('../binary/simd.ts'));
  const plain = Uint8Array.from(atob(binary), (character) => character.charCodeAt(0));
  const bytes = shared ? shareMemory(plain, 'kernels') : plain;
  return WebAssembly.compile(bytes).catch((cause: unknown) => {
    throw new WasmError(
      "this runtime does not compile WebAssembly from bytes. Give precompiled kernels: wasm({ module }), see the package's README",
      { cause },
    );
  });
}
