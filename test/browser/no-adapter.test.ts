import { expect, it } from 'vitest';
import { webgpu, WebGpuError } from '@selfcure/webgpu';

it('WebGPU without an adapter is refused with the remedy', async () => {
  expect(navigator.gpu).toBeDefined();
  expect(await navigator.gpu.requestAdapter()).toBeNull();
  const error: unknown = await webgpu().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(WebGpuError);
  expect((error as WebGpuError).message).toMatch(/no adapter.*chrome:\/\/gpu.*@selfcure\/wasm/s);
});
