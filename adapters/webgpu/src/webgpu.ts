import type { Backend } from '@selfcure/tensor';
import { openDevice } from './device/open-device.ts';
import type { CompileProgress } from './device/pipelines.ts';
import { WebGpuError } from './errors.ts';
import { planBackend } from './plan-backend.ts';
import type { TuningCache } from './tune/cache.ts';

/** Options of {@link webgpu}. */
export interface WebGpuOptions {
  /** A device to borrow: it is never destroyed here, and it is used with the limits that it was made with. */
  readonly device?: GPUDevice;
  /** Where adapters come from. Default: `navigator.gpu`; in Node, that of the package `webgpu`. */
  readonly gpu?: GPU;
  /** Which of several adapters is asked for. Default: the browser's choice. */
  readonly powerPreference?: GPUPowerPreference;
  /** Refuses adapters that compute on the processor, where WebAssembly is faster. Default false. */
  readonly requireHardware?: boolean;
  /** Most bytes of a buffer. Default: what the device allows. A plan that needs more is refused, with the batch that fits. */
  readonly maxBufferBytes?: number;
  /**
   * Where convolutions and large products of matrices keep what they compute with: `'registers'` alone, which suits processors, or also
   * the memory that a `'workgroup'` of a graphics processor shares. Default `'auto'`: by the device.
   */
  readonly tiles?: 'auto' | 'registers' | 'workgroup';
  /**
   * Measures, while `compile` runs, which of several kernels is the fastest for every large product, and keeps the choices: in memory, or
   * in a cache that outlives the backend. Sums are added in another order by another choice, so that results are bit-exact only with the
   * same cache. Default: nothing is measured.
   *
   * @example
   * const tune: TuningCache = { get: (key) => localStorage.getItem(key), set: (key, value) => localStorage.setItem(key, value) };
   * const backend = await webgpu({ tune });
   */
  readonly tune?: boolean | TuningCache;
  /**
   * How the values of the forward pass are stored that wait for the backward pass: `'f16'` halves their memory and what kernels read of it,
   * and rounds them to 11 bits. Everything is computed in float32, gradients and parameters are stored so, and no feature of the device is
   * needed. Activations beyond 65504 are lost: normalize them. Default `'f32'`.
   */
  readonly storage?: 'f32' | 'f16';
  /** Is told while `compile` makes pipelines, which takes seconds for a large network. */
  readonly onProgress?: (progress: CompileProgress) => void;
}

/** Invocations that keep a device busy. */
const parallel = { software: 64, hardware: 2 ** 15 };

/**
 * Training on a graphics processor: a whole step is one submission and one read.
 *
 * @throws WebGpuError where WebGPU, an adapter or a limit is missing; says which, and the remedy.
 * @example
 * const backend = await webgpu({ powerPreference: 'high-performance' });
 */
export async function webgpu(options: WebGpuOptions = {}): Promise<Backend> {
  const { maxBufferBytes = Infinity, onProgress, tiles = 'auto', tune = false, storage = 'f32' } = options;
  if (!(maxBufferBytes > 0))
    throw new WebGpuError(`maxBufferBytes is ${String(maxBufferBytes)}. Pass a number above 0`);
  checkChoice('tiles', tiles, ['auto', 'registers', 'workgroup']);
  checkChoice('storage', storage, ['f32', 'f16']);
  const open = await openDevice({ ...options, wanted: tune ? ['timestamp-query'] : [] });
  const usualTiles = open.software ? 'registers' : 'workgroup';
  return planBackend({
    open: {
      ...open,
      maxBufferBytes: Math.min(open.maxBufferBytes, maxBufferBytes),
      maxBindingBytes: Math.min(open.maxBindingBytes, maxBufferBytes),
    },
    kernels: {
      parallel: open.software ? parallel.software : parallel.hardware,
      maxBuffers: open.maxBuffers,
      maxInvocations: open.maxInvocations,
      tiles: tiles === 'auto' ? usualTiles : tiles,
    },
    onProgress,
    storage,
    tuning: tune === true ? new Map<string, string>() : tune || undefined,
  });
}

function checkChoice(option: string, value: string, known: readonly string[]): void {
  if (!known.includes(value))
    throw new WebGpuError(`${option} is '${value}'. Known: ${known.map((name) => `'${name}'`).join(', ')}`);
}
