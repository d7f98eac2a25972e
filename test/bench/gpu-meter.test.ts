import { describe, expect, it } from 'vitest';
import type { TestContext } from 'vitest';

// The benchmarks are JavaScript without declarations.
const { openGpu } = await import(new URL('../../bench/sides/gpu/node.mjs', import.meta.url).href);

interface GpuUse {
  readonly dispatches: number;
  readonly uploads: number;
  readonly readBacks: number;
  readonly kernelMs: number | null;
}

interface KernelUse {
  readonly label: string;
  readonly groups: readonly number[];
  readonly bound: readonly number[];
  readonly workgroupSize: number;
  readonly milliseconds: number | null;
}

interface Meter {
  measure(task: () => Promise<unknown>): Promise<GpuUse>;
  profile(task: () => Promise<unknown>, options?: { submit: boolean }): Promise<readonly KernelUse[]>;
}

const opened: { readonly meter: Meter } | string = await openGpu().catch((error: Error) => {
  if (process.env['SELFCURE_ENGINES'] === 'all') throw error;
  return error.message;
});

const elements = 256;

/** A task on a device of its own: uploads 1 KiB, adds 1 to 256 elements, twice, and reads them back. */
async function twoAdditions(): Promise<() => Promise<Float32Array>> {
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter!.requestDevice();
  const code = `@group(0) @binding(0) var<storage, read_write> x : array<f32>;
@compute @workgroup_size(8, 4) fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) lane : u32) {
x[32u * group.x + lane] += 1.0;
}`;
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }), entryPoint: 'main' },
  });
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const values = device.createBuffer({ size: 4096, usage: STORAGE | COPY_SRC | COPY_DST });
  const staging = device.createBuffer({ size: 4 * elements, usage: COPY_DST | MAP_READ });
  const group = device.createBindGroup({
    label: 'addition',
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: values, offset: 0, size: 4 * elements } }],
  });
  return async () => {
    // The second half of what is given: offset and size of a typed array count elements.
    device.queue.writeBuffer(values, 0, new Float32Array(2 * elements), elements, elements);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    for (let i = 0; i < 2; i++) pass.dispatchWorkgroups(elements / 32);
    pass.end();
    encoder.copyBufferToBuffer(values, 0, staging, 0, 4 * elements);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const read = new Float32Array(staging.getMappedRange().slice(0));
    staging.unmap();
    return read;
  };
}

/** The meter, where there is an adapter. */
function meterOf(context: TestContext): Meter {
  if (typeof opened === 'string') context.skip(opened);
  return (opened as { readonly meter: Meter }).meter;
}

describe('the meter of WebGPU', () => {
  it('counts dispatches and bytes, and times kernels', async (context) => {
    const meter = meterOf(context);
    const task = await twoAdditions();
    let read: Float32Array = new Float32Array();
    const use = await meter.measure(async () => {
      read = await task();
    });
    expect(use).toMatchObject({ dispatches: 2, uploads: 4 * elements, readBacks: 4 * elements });
    expect(use.kernelMs).toBeGreaterThan(0);
    expect(read).toEqual(new Float32Array(elements).fill(2));
    // Nothing of the first measurement is left.
    expect(await meter.measure(task)).toMatchObject({ dispatches: 2, uploads: 4 * elements, readBacks: 4 * elements });
  });

  it('tells kernels apart without changing what they compute', async (context) => {
    const meter = meterOf(context);
    const task = await twoAdditions();
    let read: Float32Array = new Float32Array();
    const kernels = await meter.profile(async () => {
      read = await task();
    });
    const addition = { label: 'addition', groups: [elements / 32], bound: [4 * elements], workgroupSize: 32 };
    expect(kernels).toMatchObject([addition, addition]);
    for (const { milliseconds } of kernels) expect(milliseconds).toBeGreaterThan(0);
    expect(read).toEqual(new Float32Array(elements).fill(2));
  });

  it('lists kernels without running them', async (context) => {
    const meter = meterOf(context);
    const task = await twoAdditions();
    let read: Float32Array = new Float32Array([1]);
    const kernels = await meter.profile(
      async () => {
        read = await task();
      },
      { submit: false },
    );
    expect(kernels.map(({ label, milliseconds }) => [label, milliseconds])).toEqual([
      ['addition', null],
      ['addition', null],
    ]);
    expect(read).toEqual(new Float32Array(elements));
  });
});
