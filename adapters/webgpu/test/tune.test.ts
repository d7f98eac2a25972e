import { describe, expect, it } from 'vitest';
import { trace } from '@selfcure/tensor';
import type { Graph } from '@selfcure/tensor';
import { webgpu } from '@selfcure/webgpu';
import type { TuningCache } from '@selfcure/webgpu';
import { thorough } from '../../../test/conformance/thorough.ts';
import { planBackend } from '../src/plan-backend.ts';
import { ownDevice, runOnce, whyNoWebGpu } from './open.ts';

const absent = await whyNoWebGpu();

/** A convolution that is large enough to be measured, and one that is not. */
const graph: Graph = trace((ops) => {
  const x = ops.input('x', [4, 16, 16, 16]);
  return {
    large: ops.conv2d(x, ops.input('filter', [3, 3, 16, 32]), { padding: 'same' }),
    small: ops.conv2d(x, ops.input('point', [1, 1, 16, 4])),
  };
});

/** A cache that tells what it was asked and told. */
function recorded(answer: (key: string) => string | undefined = () => undefined) {
  const kept = new Map<string, string>();
  const asked: string[] = [];
  const cache: TuningCache = {
    get: (key) => {
      asked.push(key);
      return answer(key) ?? kept.get(key);
    },
    set: (key, value) => kept.set(key, value),
  };
  return { cache, kept, asked };
}

/** A device that counts the kernels that it compiles, by their text. */
async function countedDevice() {
  const { device, close } = await ownDevice();
  const texts: string[] = [];
  const createShaderModule = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) => {
    texts.push(descriptor.code);
    return createShaderModule(descriptor);
  };
  return { device, texts, close };
}

const isTiled = (text: string): boolean => text.includes('sliceA');

describe.skipIf(absent)('tuning', () => {
  it('measures large products once, keeps the choice by device and kernel, and asks the device no more', async () => {
    const { device, texts, close } = await countedDevice();
    const { cache, kept, asked } = recorded();
    const backend = await webgpu({ device, tune: cache });
    await runOnce(backend, graph);
    expect(backend.capabilities.deterministic).toBe(false);
    expect(asked).toHaveLength(1);
    const [[key, choice]] = [...kept] as [[string, string]];
    expect(key).toBe(asked[0]);
    expect(key).toContain(device.adapterInfo.architecture);
    expect(key).toContain('conv2d [[[4,16,16,16],[3,3,16,32]],[4,16,16,32]');
    expect(choice).toMatch(/^registers$|^\d+x\d+x\d+@\d+\/\d+$/);
    expect(texts.some(isTiled)).toBe(true);

    const compiled = texts.length;
    await runOnce(backend, graph);
    expect(texts).toHaveLength(compiled);
    await backend.close();

    texts.length = 0;
    const again = await webgpu({ device, tune: cache });
    await runOnce(again, graph);
    expect(texts).toHaveLength(2);
    expect(kept.size).toBe(1);
    await again.close();
    await close();
  }, 120_000);

  it('does as the cache says, whatever would be faster', async () => {
    const { device, texts, close } = await countedDevice();
    const results: unknown[] = [];
    for (const choice of ['registers', '64x16x16@64/1', '32x32x16@64/1']) {
      texts.length = 0;
      const { cache, kept } = recorded(() => choice);
      const backend = await webgpu({ device, tune: cache });
      results.push((await runOnce(backend, graph))['large']);
      const expected = choice === 'registers' ? [] : [`@workgroup_size(64)`];
      expect(texts.filter(isTiled).map((text) => /@workgroup_size\(\d+\)/.exec(text)![0])).toEqual(expected);
      expect(kept.size).toBe(0);
      await backend.close();
    }
    await close();
  }, 120_000);

  it('measures anew where the cache names a kernel that does not exist', async () => {
    const { cache, kept, asked } = recorded();
    const stale: TuningCache = { get: (key) => (cache.get(key), 'eight by eight'), set: cache.set.bind(cache) };
    const kernels = { parallel: 64, maxBuffers: 8, shapes: [{ rows: 16, columns: 16, slice: 8, size: 16 }] };
    const backend = planBackend({ open: await ownDevice(), kernels, tuning: stale });
    await runOnce(backend, graph);
    expect(asked).toHaveLength(1);
    expect([...kept.values()]).toEqual([expect.stringMatching(/^registers$|^16x16x8@16\/1$/)]);
    await backend.close();
  }, 120_000);

  it.runIf(thorough)(
    'keeps its choices in memory where no cache is given',
    async () => {
      const { device, texts, close } = await countedDevice();
      const backend = await webgpu({ device, tune: true });
      await runOnce(backend, graph);
      const compiled = texts.length;
      await runOnce(backend, graph);
      expect(texts).toHaveLength(compiled);
      await backend.close();
      await close();
    },
    120_000,
  );
});
