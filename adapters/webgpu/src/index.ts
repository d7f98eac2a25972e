export { isSoftwareAdapter } from './device/open-device.ts';
export type { CompileProgress } from './device/pipelines.ts';
export { WebGpuDeviceLostError, WebGpuError, WebGpuMemoryError, WebGpuRunError } from './errors.ts';
export type { TuningCache } from './tune/cache.ts';
export { webgpu } from './webgpu.ts';
export type { WebGpuOptions } from './webgpu.ts';
