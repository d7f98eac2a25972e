import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { executeJobs, pretrainExperiment, runsOf, shardOf, specKey } from '@selfcure/experiments';
import type { Job } from '@selfcure/experiments';
import { base, job, memoryStore, outcome } from './fabricated.ts';

const experiment = pretrainExperiment({ base, seeds: [0, 1] });

describe('pretraining', () => {
  it('runs once, before what starts from it, however many run at once', async () => {
    const ended = new Set<string>();
    const order: string[] = [];
    let now = 0;
    let most = 0;
    const { results } = await executeJobs({
      jobs: experiment.jobs,
      store: memoryStore(),
      parallel: 3,
      run: async ({ spec }) => {
        if (spec.pretrain) expect(ended.has(specKey(spec.pretrain))).toBe(true);
        most = Math.max(most, ++now);
        await new Promise((resolve) => setTimeout(resolve, 2));
        now--;
        ended.add(specKey(spec));
        order.push(specKey(spec));
        return outcome(0.5);
      },
    });
    // Two recipes of two seeds before; with one row less seven rows of two seeds.
    expect(order).toHaveLength(4 + 7 * 2);
    expect(new Set(order).size).toBe(order.length);
    expect(most).toBe(3);
    expect(results.map(({ labels }) => labels)).toEqual(experiment.jobs.map(({ labels }) => labels));
  });
  it('that fails takes with it what starts from it, and nothing else', async () => {
    const { results, failures } = await executeJobs({
      jobs: experiment.jobs,
      store: memoryStore(),
      run: async ({ spec }) => {
        if (!spec.pretrain && spec.data.seed !== base.data.seed && spec.seed === 1) throw new Error('broken');
        return outcome(0.5);
      },
    });
    expect(failures.map(({ error }) => (error as Error).message).filter((text) => text === 'broken')).toHaveLength(2);
    expect(failures).toHaveLength(2 + 4);
    expect(results.map(({ spec }) => spec.seed).filter((seed) => seed === 1)).toHaveLength(3);
  });
});

describe('shardOf', () => {
  it('divides any experiment into parts that do not overlap and are the whole', () => {
    const jobs: readonly Job[] = [...experiment.jobs, job('ce', 0), job('ce', 1), job('gce', 0)];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), (count) => {
        const parts = Array.from({ length: count }, (_, index) => shardOf(jobs, { index, count }));
        const keys = parts.map((part) => new Set(runsOf(part).map(({ spec }) => specKey(spec))));
        const all = keys.flatMap((own) => [...own]);
        expect(all).toHaveLength(new Set(all).size);
        expect(new Set(all)).toEqual(new Set(runsOf(jobs).map(({ spec }) => specKey(spec))));
        expect(parts.reduce((sum, part) => sum + part.length, 0)).toBe(jobs.length);
      }),
    );
    expect(() => shardOf(jobs, { index: 3, count: 3 })).toThrow(/part 3 is not one of 0 to 2/);
    expect(() => shardOf(jobs, { index: 0, count: 0 })).toThrow(/0 parts/);
  });
});

describe('what is stored', () => {
  it('names no folder of this machine', async () => {
    const store = memoryStore();
    const spec = {
      ...base,
      data: {
        kind: 'fer' as const,
        folder: '/home/somebody/faces',
        labels: 'fer2013' as const,
        samples: 10,
        part: 'chosen' as const,
        seed: 0,
      },
    };
    await executeJobs({
      jobs: [{ labels: {}, spec: { ...spec, pretrain: spec } }],
      store,
      run: async () => outcome(0.5),
    });
    expect(store.map.size).toBe(2);
    expect([...store.map.entries()].join()).not.toContain('somebody');
  });
});
