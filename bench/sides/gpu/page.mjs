/** WebGPU in a page. */
import { BenchError } from '../../error.mjs';
import { describeAdapter } from './adapter.mjs';
import { meterGpu } from './meter.mjs';

/**
 * To be called once, before any device is opened.
 *
 * @returns {Promise<{ adapter: string, meter: import('./meter.mjs').Meter }>}
 * @throws {BenchError} where there is no adapter
 */
export async function openGpu() {
  const adapter = await navigator.gpu?.requestAdapter();
  if (adapter) return { adapter: describeAdapter(adapter), meter: meterGpu() };
  throw new BenchError('this Chromium has no adapter for WebGPU. Name another one in SELFCURE_CHROMIUM');
}
