import type { Engine, Finding } from './engine.ts';

/** Of several graphics processors, the faster one. */
const powerPreference = 'high-performance';

/** What is used of `navigator.gpu`. */
export interface Adapters {
  requestAdapter(options: GPURequestAdapterOptions): Promise<{ readonly info: AdapterInfo } | null>;
}
type AdapterInfo = Pick<GPUAdapterInfo, 'vendor' | 'architecture' | 'description' | 'isFallbackAdapter'>;

/**
 * What WebGPU is worth: an adapter that computes on the processor loses to WebAssembly by far.
 *
 * @param gpu `navigator.gpu`.
 * @param secure whether the page is in a secure context.
 */
export async function lookForWebGpu(gpu: Adapters | undefined, secure: boolean): Promise<Finding> {
  if (!gpu) {
    return {
      fit: 'none',
      reason: secure ? 'this browser does not have it' : 'the page is not secure: WebGPU needs https or localhost',
    };
  }
  const adapter = await gpu.requestAdapter({ powerPreference });
  if (!adapter) {
    return {
      fit: 'none',
      reason: 'this browser offers no graphics processor; its driver may be missing, too old or blocked',
    };
  }
  const { info } = adapter;
  const name = [info.vendor, info.architecture || info.description].filter(Boolean).join(' ') || 'without a name';
  const arithmetic = `WebGPU (${name})`;
  const { isSoftwareAdapter } = await import('@selfcure/webgpu');
  return isSoftwareAdapter(info)
    ? {
        fit: 'poor',
        reason: `its only adapter (${name}) computes on the processor, where WebAssembly is much faster`,
        arithmetic,
      }
    : { fit: 'good', reason: `this device has a graphics processor (${name})`, arithmetic };
}

/** Errors of `@selfcure/webgpu` by their names: its code is not here before it is loaded. */
const explanations: Readonly<Record<string, (error: Error) => string>> = {
  WebGpuDeviceLostError: () =>
    'the graphics device was lost (its driver failed or was reset, or the browser took it away)',
  WebGpuMemoryError: () => 'the graphics device has too little memory for it',
  WebGpuRunError: () => 'the graphics device failed in an operation',
  WebGpuError: ({ message }) => message,
};

/** WebGPU: whole steps on the graphics processor. */
export const webGpu: Engine = {
  name: 'webgpu',
  title: 'WebGPU',
  look: () => lookForWebGpu(navigator.gpu, isSecureContext),
  load: async () => void (await import('@selfcure/webgpu')),
  open: async (onProgress) => (await import('@selfcure/webgpu')).webgpu({ powerPreference, onProgress }),
  explain: (error) => (Object.hasOwn(explanations, error.name) ? explanations[error.name]!(error) : null),
};
