import type { KernelSet, TfjsKernels } from '@selfcure/tfjs';
import { contractKernels } from './contract.ts';
import { elementWiseKernels } from './element-wise.ts';
import { normalizeKernels } from './normalize.ts';
import { poolKernels } from './pool.ts';
import { reduceKernels } from './reduce.ts';
import { shapeKernels } from './shape.ts';

/** What replaces tfjs's stock kernels on WebAssembly: where they are wrong, missing or slow. */
export const wasmKernels: KernelSet = (engine) => {
  const sets = [elementWiseKernels, reduceKernels, shapeKernels, contractKernels, poolKernels, normalizeKernels];
  return Object.assign({}, ...sets.map((set) => set(engine))) as TfjsKernels;
};
