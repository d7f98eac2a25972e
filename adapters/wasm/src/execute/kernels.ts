import { fingerprint, layouts } from '../binary/layouts.ts';
import { WasmError } from '../errors.ts';
import { isShared } from '../heap/shared.ts';
import type { Kernel } from './executor.ts';

/**
 * The kernels of an instance, in the order of their layouts.
 *
 * @throws WasmError where the module is another's, or its build does not fit the memory.
 */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernel[] {
  const { exports } = link(module, memory);
  return Object.keys(layouts).map((name) => {
    const kernel = exports[name];
    if (typeof kernel !== 'function')
      throw new WasmError(`the module has no kernel '${name}'. Take the kernels of this version of @selfcure/wasm`);
    return kernel as Kernel;
  });
}

function link(module: WebAssembly.Module, memory: WebAssembly.Memory): WebAssembly.Instance {
  try {
    return new WebAssembly.Instance(module, { env: { memory } });
  } catch (cause) {
    throw new WasmError(
      `the module does not fit the memory, which is ${isShared(memory) ? '' : 'not '}shared between threads. Take the kernels of this version of @selfcure/wasm`,
      { cause },
    );
  }
}

/**
 * Checks that precompiled kernels are those of this version: others would take the parameters for something else.
 *
 * @throws WasmError where they are not.
 */
export function checkModule(module: WebAssembly.Module): void {
  const [section] = WebAssembly.Module.customSections(module, 'selfcure');
  const found = section ? String.fromCharCode(...new Uint8Array(section)) : 'none';
  if (found !== fingerprint) {
    throw new WasmError(
      `the module holds other kernels (fingerprint ${found}, not ${fingerprint}). Take '@selfcure/wasm/kernels/simd.wasm' or 'relaxed.wasm' ` +
        'of the version of @selfcure/wasm that runs, and build the program anew',
    );
  }
}
