import type { Backend } from '@selfcure/tensor';
import { openDevice } from './device/open-device.ts';
import type { CompileProgress } from './device/pipelines.ts';
import { WebGpuError } from './errors.ts';
import { planBackend } from './plan-backend.ts';

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
  const { maxBufferBytes = Infinity, onProgress } = options;
  if (!(maxBufferBytes > 0))
    throw new WebGpuError(`maxBufferBytes is ${String(maxBufferBytes)}. Pass a number above 0`);
  const open = await openDevice(options);
  return planBackend({
    open: {
      ...open,
      maxBufferBytes: Math.min(open.maxBufferBytes, maxBufferBytes),
      maxBindingBytes: Math.min(open.maxBindingBytes, maxBufferBytes),
    },
    kernels: { parallel: open.software ? parallel.software : parallel.hardware, maxBuffers: open.maxBuffers },
    onProgress,
  });
}
