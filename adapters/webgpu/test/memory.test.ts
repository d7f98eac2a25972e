import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scn, train } from '@selfcure/core';
import type { Backend } from '@selfcure/tensor';
import { webgpu } from '@selfcure/webgpu';
import { stripes } from '../../../packages/core/test/stripes.ts';
import type { OpenDevice } from '../src/device/open-device.ts';
import { ownDevice, whyNoWebGpu } from './open.ts';
import { tinyModel } from './tiny-model.ts';

const absent = await whyNoWebGpu();

/** What a device was asked to make, by function; and the bytes of its buffers that were not destroyed. */
interface Counted {
  readonly calls: Map<string, number>;
  bytes(): number;
}

/** Counts what is made on a device from here on. */
function count(device: GPUDevice): Counted {
  const calls = new Map<string, number>();
  const alive = new Set<GPUBuffer>();
  const functions = device as unknown as Record<string, (...given: unknown[]) => unknown>;
  for (let at: object = device; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const name of Object.getOwnPropertyNames(at).filter((key) => key.startsWith('create'))) {
      if (calls.has(name)) continue;
      calls.set(name, 0);
      const make = functions[name]!.bind(device);
      functions[name] = (...given) => {
        calls.set(name, calls.get(name)! + 1);
        return make(...given);
      };
    }
  }
  const { createBuffer } = device;
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer(descriptor);
    alive.add(buffer);
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      alive.delete(buffer);
      return destroy();
    };
    return buffer;
  };
  return { calls, bytes: () => [...alive].reduce((sum, { size }) => sum + size, 0) };
}

describe.skipIf(absent)('200 steps of training, with validation and averaged weights', () => {
  let open: OpenDevice;
  let counted: Counted;
  let backend: Backend;
  const epochs = 40;
  const stepsPerEpoch = 5;
  /** After every epoch: bytes that the backend tells of, those of its buffers, and its values. */
  const held: { told: number; found: number; values: number }[] = [];
  /** Calls until the end of every step. */
  const calls: Record<string, number>[] = [];
  const look = (): void => {
    const { bytes, values } = backend.memory();
    held.push({ told: bytes, found: counted.bytes(), values });
  };

  beforeAll(async () => {
    open = await ownDevice();
    counted = count(open.device);
    backend = await webgpu({ device: open.device });
    await train({
      backend,
      model: tinyModel,
      recipe: scn({ relabelEpoch: 2 }),
      data: stripes({ samples: 8 * stepsPerEpoch }),
      validation: stripes({ samples: 20, seed: 2 }),
      weightAverage: 0.9,
      batchSize: 8,
      epochs,
      callbacks: [
        { name: 'calls', onStepEnd: () => void calls.push(Object.fromEntries(counted.calls)), onEpochEnd: look },
      ],
    });
  }, 60_000);
  afterAll(() => open.close());

  it('hold what 20 steps held, and the backend tells the truth about it', () => {
    expect(held).toHaveLength(epochs);
    expect(held.at(-1)).toEqual(held[3]);
    for (const { told, found } of held) expect(told).toBe(found);
  });

  it('make one command encoder each, and nothing else', () => {
    expect(calls).toHaveLength(epochs * stepsPerEpoch);
    calls.forEach((made, step) => {
      // The first step of an epoch comes after what ended the one before; the first of all binds its kernels.
      if (step % stepsPerEpoch === 0) return;
      const { createCommandEncoder = 0, ...others } = calls[step - 1]!;
      expect(made, `step ${step}`).toEqual({ ...others, createCommandEncoder: createCommandEncoder + 1 });
    });
    const { createComputePipelineAsync: pipelines, createBindGroup: groups } = calls[0]!;
    expect(pipelines).toBeGreaterThan(10);
    expect(calls.at(-1)).toMatchObject({ createComputePipelineAsync: pipelines });
    expect(groups).toBeGreaterThan(10);
  });

  it('give everything back', async () => {
    look();
    const { told, found, values } = held.at(-1)!;
    expect(values).toBe(0);
    expect(told).toBe(found);
    expect(found).toBeLessThan(held[3]!.found);
    await backend.close();
    expect(counted.bytes()).toBe(0);
  });
});
