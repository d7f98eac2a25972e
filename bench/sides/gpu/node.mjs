/** WebGPU in Node: the package `webgpu` (Dawn). */
import { importTypeScript } from '../../bundled-module.mjs';
import { BenchError } from '../../error.mjs';
import { describeAdapter } from './adapter.mjs';
import { meterGpu } from './meter.mjs';

/** Dawn rounds the times of kernels to 0.1 ms otherwise. */
const dawnOptions = ['disable-dawn-features=timestamp_quantization'];

/**
 * Gives this process `navigator.gpu` and the classes of WebGPU, as libraries for pages expect them; to be called once, before any
 * device is opened. The adapter is the software adapter of Debian's package `chromium`, or that of the Vulkan driver which
 * `VK_DRIVER_FILES` names.
 *
 * @returns {Promise<{ adapter: string, meter: import('./meter.mjs').Meter }>}
 * @throws {BenchError} where there is no adapter
 */
export async function openGpu() {
  const { useSoftwareAdapter } = await importTypeScript('adapters/webgpu/test/software-adapter.ts');
  useSoftwareAdapter();
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  // Node 20 has no navigator; jax-js asks for the name of the browser.
  if (!globalThis.navigator) Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Node.js' } });
  Object.defineProperty(globalThis.navigator, 'gpu', { value: create(dawnOptions) });
  const meter = meterGpu();
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter) return { adapter: describeAdapter(adapter), meter };
  throw new BenchError(
    "WebGPU has no adapter here. Install Debian's package chromium, whose software adapter is taken, or name a Vulkan driver in VK_DRIVER_FILES",
  );
}
