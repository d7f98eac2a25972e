import { layouts } from '../binary/layouts.ts';
import { WasmError } from '../errors.ts';
import type { Kernel } from './executor.ts';

/** The kernels of an instance, in the order of their layouts. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernel[] {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return Object.keys(layouts).map((name) => {
    const kernel = exports[name];
    if (typeof kernel !== 'function')
      throw new WasmError(`the module has no kernel '${name}'. Take the kernels of this version of @selfcure/wasm`);
    return kernel as Kernel;
  });
}
