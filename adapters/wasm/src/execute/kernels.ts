import { layouts } from '../binary/layouts.ts';
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
    const build = isShared(memory) ? "'*-shared.wasm', the builds" : "those without '-shared', the builds";
    throw new WasmError(
      `the module does not fit the memory, which is ${isShared(memory) ? '' : 'not '}shared between threads. Take of the kernels of this ` +
        `version of @selfcure/wasm ${build} for such memory`,
      { cause },
    );
  }
}
