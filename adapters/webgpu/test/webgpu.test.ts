import { describe, expect, it } from 'vitest';
import { reference } from '@selfcure/reference';
import { slotName, trace, UnsupportedOperationError } from '@selfcure/tensor';
import type { Backend, Graph, NamedArrays, Ops, Tensor } from '@selfcure/tensor';
import { webgpu, WebGpuDeviceLostError, WebGpuError, WebGpuMemoryError, WebGpuRunError } from '@selfcure/webgpu';
import { numbers, openWith, ownDevice, runOnce, whyNoWebGpu } from './open.ts';

const absent = await whyNoWebGpu();
const zeros = { kind: 'constant', value: 0 } as const;

/** A step with a convolution in a named layer. */
const convolving = (batch: number): Graph =>
  trace((ops) => {
    const x = ops.input('x', [batch, 16, 16, 4]);
    return ops.scope('stem', () => {
      const filter = ops.parameter('filter', [3, 3, 4, 8], zeros);
      const y = ops.conv2d(x, filter, { padding: 'same' });
      const loss = ops.mean(ops.square(y));
      const [gradient] = ops.gradients(loss, [filter]);
      for (const slot of ['m', 'v'] as const) ops.slot(slotName('stem/filter', slot), filter.shape);
      ops.call('adam', [0.01, 10, 1000, gradient!], {
        parameters: ['stem/filter'],
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weightDecay: [0],
        decoupled: false,
      });
      return { loss };
    });
  });

const firstValues = (graph: Graph): NamedArrays =>
  Object.fromEntries(
    graph.state.map(({ name, shape, kind }, i) => [
      name,
      kind === 'slot' ? numbers(shape, 0).fill(0) : numbers(shape, i + 1),
    ]),
  );
const inputs = (graph: Graph, step: number): NamedArrays =>
  Object.fromEntries(graph.inputs.map(({ name, shape }) => [name, numbers(shape, 10 + step)]));

async function start(backend: Backend, graph: Graph) {
  return { program: await backend.compile(graph), state: await backend.createState(graph.state, firstValues(graph)) };
}

describe.skipIf(absent)('what the engine cannot compute', () => {
  it('is refused by name: arithmetic on i32, values without elements', async () => {
    const backend = await openWith({});
    for (const body of [
      (ops: Ops) => ops.mul(ops.input('index', [3], 'i32'), 0.5),
      (ops: Ops) => ops.matmul(ops.input('a', [3, 0]), ops.input('b', [0, 2])),
    ]) {
      const compiling = backend.compile(trace((ops) => ({ y: ops.scope('head', () => body(ops)) })));
      await expect(compiling).rejects.toThrow(UnsupportedOperationError);
      await expect(compiling).rejects.toThrow(/layer 'head'.*(i32|no elements)/s);
    }
    await backend.close();
  });
});

describe('what is missing is named', () => {
  it('no adapter', async () => {
    const gpu = { requestAdapter: async () => null } as unknown as GPU;
    const error: unknown = await webgpu({ gpu }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WebGpuError);
    expect((error as Error).message).toMatch(/no adapter.*driver/s);
  });

  const adapter = (limits: object, info: object = {}): GPU =>
    ({
      requestAdapter: async () => ({ limits, info, requestDevice: () => Promise.reject(new Error('asked too early')) }),
    }) as unknown as GPU;
  const enough = {
    maxStorageBuffersPerShaderStage: 8,
    maxComputeInvocationsPerWorkgroup: 128,
    maxComputeWorkgroupSizeX: 128,
    maxComputeWorkgroupsPerDimension: 65535,
    maxComputeWorkgroupStorageSize: 16384,
  };

  it('a limit', async () => {
    const gpu = adapter({ ...enough, maxStorageBuffersPerShaderStage: 4 });
    await expect(webgpu({ gpu })).rejects.toThrow(/maxStorageBuffersPerShaderStage 4, kernels need 8/);
  });

  it('hardware, where it is demanded', async () => {
    const gpu = adapter(enough, { isFallbackAdapter: true, architecture: 'swiftshader' });
    await expect(webgpu({ gpu, requireHardware: true })).rejects.toThrow(/swiftshader.*requireHardware/s);
  });

  it('a device that the adapter refuses', async () => {
    await expect(webgpu({ gpu: adapter(enough) })).rejects.toThrow(/gives no device: asked too early/);
  });

  it('a number of bytes that is none', async () => {
    await expect(webgpu({ maxBufferBytes: 0 })).rejects.toThrow(/maxBufferBytes is 0/);
  });
});

describe.skipIf(absent)('a borrowed device', () => {
  it('computes, and outlives the backend', async () => {
    const { device, close } = await ownDevice();
    const backend = await webgpu({ device });
    const { program, state } = await start(backend, convolving(2));
    await program.run(state, inputs(program.graph, 0));
    await backend.close();
    const buffer = device.createBuffer({ size: 4, usage: 0x09 });
    device.queue.writeBuffer(buffer, 0, Float32Array.of(3));
    await buffer.mapAsync(1);
    expect([...new Float32Array(buffer.getMappedRange())]).toEqual([3]);
    await close();
  });
});

describe.skipIf(absent)('a device that fails', () => {
  it('ends the run with a typed error; the run continued on a new device ends as if nothing had happened', async () => {
    const graph = convolving(2);
    const whole = await webgpu();
    const undisturbed = await start(whole, graph);
    const expected: number[] = [];
    for (let step = 0; step < 6; step++)
      expected.push((await undisturbed.program.run(undisturbed.state, inputs(graph, step)))['loss']![0]!);
    const end = await undisturbed.state.read();
    await whole.close();

    const { device, close } = await ownDevice();
    const first = await webgpu({ device });
    const { program, state } = await start(first, graph);
    const losses: number[] = [];
    for (let step = 0; step < 3; step++) losses.push((await program.run(state, inputs(graph, step)))['loss']![0]!);
    const stored = await state.read();
    const running = program.run(state, inputs(graph, 3));
    device.destroy();
    await expect(running).rejects.toThrow(WebGpuDeviceLostError);
    await expect(program.run(state, inputs(graph, 3))).rejects.toThrow(/lost \(destroyed\).*last state/s);
    await expect(state.read()).rejects.toThrow(WebGpuDeviceLostError);
    await expect(first.compile(graph)).rejects.toThrow(WebGpuDeviceLostError);
    await first.close();
    await close();

    const second = await webgpu();
    const again = await second.compile(graph);
    const resumed = await second.createState(graph.state, stored);
    for (let step = 3; step < 6; step++) losses.push((await again.run(resumed, inputs(graph, step)))['loss']![0]!);
    expect(losses).toEqual(expected);
    expect(await resumed.read()).toEqual(end);
    await second.close();
  });

  it('names operation and layer where it refuses a kernel while it runs, and gives no zeros', async () => {
    const { device, close } = await ownDevice();
    const made: GPUBuffer[] = [];
    const createBuffer = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      const buffer = createBuffer(descriptor);
      made.push(buffer);
      return buffer;
    };
    const backend = await webgpu({ device });
    const { program, state } = await start(backend, convolving(2));
    await program.run(state, inputs(program.graph, 0));
    made.find(({ label }) => label === 'arena')!.destroy();
    const error: unknown = await program.run(state, inputs(program.graph, 1)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WebGpuRunError);
    expect(error).toMatchObject({ operation: 'conv2d', layer: 'stem' });
    await expect(state.read()).rejects.toThrow(WebGpuError);
    await backend.close();
    await close();
  });

  it('names operation and layer of a kernel that does not compile, and runs other graphs on', async () => {
    const { device, close } = await ownDevice();
    const createShaderModule = device.createShaderModule.bind(device);
    device.createShaderModule = (descriptor) =>
      createShaderModule(
        descriptor.label?.startsWith('conv2d ') ? { ...descriptor, code: 'fn nothing() {' } : descriptor,
      );
    const backend = await webgpu({ device });
    const error: unknown = await backend.compile(convolving(2)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WebGpuRunError);
    expect(error).toMatchObject({ operation: 'conv2d', layer: 'stem' });
    const graph = trace((ops) => ({ y: ops.neg(ops.input('x', [3])) }));
    const [program, state] = [await backend.compile(graph), await backend.createState([], {})];
    const { y } = await program.run(state, { x: Float32Array.of(1, 2, 3) });
    expect([...y!]).toEqual([-1, -2, -3]);
    await backend.close();
    await close();
  });

  it('ends everything after an error that nobody caught', async () => {
    const { device, close } = await ownDevice();
    const backend = await webgpu({ device });
    const { program, state } = await start(backend, convolving(2));
    const told = new Promise((resolve) => device.addEventListener('uncapturederror', resolve));
    device.createBuffer({ size: 4, usage: 0x03 }); // MAP_READ with MAP_WRITE
    // Chromium tells of it with the next answer of the device.
    await device.queue.onSubmittedWorkDone();
    await told;
    await expect(program.run(state, inputs(program.graph, 0))).rejects.toThrow(WebGpuRunError);
    await backend.close();
    await close();
  });
});

describe.skipIf(absent)('limits', () => {
  it('refuses a step that is too large, with the batch that fits', async () => {
    const backend = await webgpu({ maxBufferBytes: 200_000 });
    const error: unknown = await backend.compile(convolving(32)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WebGpuMemoryError);
    const [, fits] = /A batch of about (\d+) fits \(now 32\)/.exec((error as Error).message)!;
    expect(Number(fits)).toBeGreaterThan(0);
    expect(Number(fits)).toBeLessThan(32);
    expect(backend.memory().bytes).toBe(0);
    await runOnce(backend, convolving(Number(fits)));
    await backend.close();
  });

  it('refuses a state that is too large', async () => {
    const backend = await webgpu({ maxBufferBytes: 2000 });
    const graph = convolving(2);
    await expect(backend.createState(graph.state, firstValues(graph))).rejects.toThrow(WebGpuMemoryError);
    await backend.close();
  });

  it('refuses a value that is longer than a kernel binds, by operation and layer', async () => {
    const backend = await openWith({ maxBindingBytes: 4096 });
    await expect(backend.compile(convolving(4))).rejects.toThrow(/layer 'stem'.*maxStorageBufferBindingSize/s);
    await backend.close();
  });

  it('updates parameters in several dispatches where one binding would be too long', async () => {
    const graph = trace((ops: Ops) => {
      const names = ['a', 'b', 'c', 'd', 'e'];
      const gradients = names.map((name): Tensor => ops.mul(ops.parameter(name, [300], zeros), 0.5));
      for (const name of names) for (const slot of ['m', 'v'] as const) ops.slot(slotName(name, slot), [300]);
      ops.call('adam', [0.01, 10, 1000, ...gradients], {
        parameters: names,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weightDecay: names.map((_, i) => i / 10),
        decoupled: true,
      });
      return {};
    });
    const backend = await openWith({ maxBindingBytes: 4096 });
    const oracle = reference();
    const [found, expected] = [await runOnce(backend, graph), await runOnce(oracle, graph)];
    for (const [name, values] of Object.entries(expected))
      values.forEach((value, i) => expect(found[name]![i]! - value).toBeCloseTo(0, 5));
    await backend.close();
  });
});

describe.skipIf(absent)('compilation', () => {
  it('tells its progress, and has pipelines for good', async () => {
    const told: { compiled: number; total: number }[] = [];
    const backend = await webgpu({ onProgress: (progress) => told.push(progress) });
    const program = await backend.compile(convolving(2));
    const { total } = told[0]!;
    expect(total).toBeGreaterThan(2);
    expect(told).toEqual(Array.from({ length: total }, (_, i) => ({ compiled: i + 1, total })));
    program.dispose();
    await backend.compile(convolving(2));
    expect(told).toHaveLength(total);
    await backend.close();
  });

  it('a step that joins small ones is fewer dispatches than operations', async () => {
    const backend = await webgpu();
    const graph = trace((ops) => {
      const x = ops.input('x', [8, 7]);
      const loss = ops.softmaxCrossEntropy(ops.mul(x, 2), ops.input('targets', [8, 7]));
      return {
        loss: ops.mean(loss),
        first: ops.row(ops.softmax(x), 0),
        gradient: ops.gradients(ops.sum(loss), [x])[0]!,
      };
    });
    const program = await backend.compile(graph);
    expect(program.report.steps).toBe(1);
    await backend.close();
  });
});
