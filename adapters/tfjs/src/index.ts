export { openEngine } from './engine.ts';
export type { KernelInputs, TfjsEngine } from './engine.ts';
export { TfjsError } from './errors.ts';
export { filterGradient } from './kernels/contract.ts';
export type { KernelSet, TfjsKernels } from './kernels/kernels.ts';
export { stockKernels } from './kernels/table.ts';
export { tfjsBackend } from './tfjs-backend.ts';
export type { TfjsBackendOptions } from './tfjs-backend.ts';
