import { describe, expect, it } from 'vitest';
import { executeJobs, gridSettings, successiveHalving, sweepControls, sweepExperiment } from '@selfcure/experiments';
import type { Job, RunOutcome } from '@selfcure/experiments';
import { base, memoryStore, outcome } from './fabricated.ts';

const settings = gridSettings({ ...base, recipe: { use: 'scn' } }, { lr: [1e-3, 2e-3, 4e-3], margin2: [0.1, 0.2] });

/** Rises with the rate and a little with the margin on the validation set; the test says the contrary. */
const run = async ({ spec }: Job): Promise<RunOutcome> => {
  const validation = 100 * spec.learningRate + 0.1 * Number(spec.recipe['margin2'] ?? 0) + 0.001 * spec.seed;
  return {
    ...outcome(validation),
    figures: { accuracy: 1 - validation, validationAccuracy: validation, seconds: 1 },
  };
};
const halve = (store = memoryStore(), options: { run?: typeof run; signal?: { aborted: boolean } } = {}) => {
  const ran: string[] = [];
  const done = successiveHalving({
    settings,
    budgets: [2, 6],
    seeds: [0, 1],
    execute: (jobs) =>
      executeJobs({
        jobs,
        store,
        ...(options.signal && { signal: options.signal }),
        run: async (job) => {
          ran.push(`${job.spec.learningRate} ${job.spec.recipe['margin2'] as number} ${job.spec.epochs}`);
          return (options.run ?? run)(job);
        },
      }),
  });
  return { ran, done };
};

describe('gridSettings', () => {
  it('is every combination, in the order of the grid', () => {
    expect(settings.map(({ labels }) => Object.values(labels).join(' '))).toEqual([
      '0.001 0.1',
      '0.001 0.2',
      '0.002 0.1',
      '0.002 0.2',
      '0.004 0.1',
      '0.004 0.2',
    ]);
    expect(settings[3]!.spec).toEqual({
      ...base,
      recipe: { use: 'scn', margin2: 0.2 },
      learningRate: 2e-3,
    });
    expect(() => gridSettings(base, { lr: ['fast'] })).toThrow(/'lr' takes numbers, got 'fast'/);
    expect(() => gridSettings(base, { lr: [] })).toThrow(/'lr' has no value/);
  });
});

describe('successiveHalving', () => {
  it('keeps the best third by validation, and chooses with the test out of view', async () => {
    const { ran, done } = halve();
    const { rounds, best, failures, open } = await done;
    expect(ran).toHaveLength(6 * 2 + 2 * 2);
    expect(
      rounds.map(({ epochs, ranking }) => [epochs, ranking.length, ranking.filter((one) => one.kept).length]),
    ).toEqual([
      [2, 6, 2],
      [6, 2, 1],
    ]);
    expect(best).toMatchObject({ labels: { lr: '0.004', margin2: '0.2' }, spec: { epochs: 6 } });
    expect([failures, open]).toEqual([[], 0]);
    expect(rounds[0]!.ranking[0]!.validation).toBeCloseTo(0.4 + 0.02 + 0.0005, 12);
  });
  it('goes on where it was', async () => {
    const store = memoryStore();
    const signal = { aborted: false };
    let left = 5;
    const first = halve(store, {
      signal,
      run: async (job) => {
        if (--left === 0) signal.aborted = true;
        return run(job);
      },
    });
    expect(await first.done).toMatchObject({ best: null, open: 7 });
    const second = halve(store);
    expect((await second.done).best?.labels).toEqual({ lr: '0.004', margin2: '0.2' });
    expect(second.ran).toHaveLength(12 - 5 + 4);
    const third = halve(store);
    await third.done;
    expect(third.ran).toEqual([]);
  });
  it('ranks last what fails with some seed, and goes on', async () => {
    const { done } = halve(memoryStore(), {
      run: async (job) => {
        if (job.spec.learningRate === 4e-3 && job.spec.seed === 1) throw new Error('no numbers');
        return run(job);
      },
    });
    const { rounds, best, failures } = await done;
    expect(best?.labels).toEqual({ lr: '0.002', margin2: '0.2' });
    expect(rounds[0]!.ranking.slice(-2).map(({ validation, kept }) => [validation, kept])).toEqual([
      [null, false],
      [null, false],
    ]);
    expect(failures).toHaveLength(2);
  });
  it('refuses budgets that do not rise', async () => {
    const execute = async () => ({ results: [], failures: [], open: 0 });
    await expect(successiveHalving({ settings, budgets: [4, 4], execute })).rejects.toThrow(/that rise/);
    await expect(successiveHalving({ settings: [], budgets: [4], execute })).rejects.toThrow(/no setting/);
    await expect(successiveHalving({ settings, budgets: [4], keep: 1, execute })).rejects.toThrow(/keep 1/);
  });
  it('reads as an experiment: the choice beside controls of its settings, and every round', async () => {
    const halving = await halve().done;
    const jobs = sweepControls(halving, [0, 1]);
    expect(jobs.map(({ spec }) => [spec.recipe.use, spec.learningRate, spec.epochs])).toEqual([
      ['ce', 4e-3, 6],
      ['ce', 4e-3, 6],
      ['ce-relabel', 4e-3, 6],
      ['ce-relabel', 4e-3, 6],
    ]);
    const controls = await Promise.all(jobs.map(async (job) => ({ ...job, outcome: await run(job) })));
    const experiment = sweepExperiment(halving, controls, { use: 'scn' });
    const [choice, first, second] = experiment.summarize([]);
    expect(choice!.rows.map(({ labels }) => [labels['recipe'], labels['lr']])).toEqual([
      ['ce', '-'],
      ['ce + relabel', '-'],
      ['scn', '0.004'],
    ]);
    // Its margin costs it 0.02 of a test that runs against the validation.
    expect(choice!.rows[2]!.cells['accuracy']!.difference!.mean).toBeCloseTo(-0.02, 12);
    expect([first!.rows.length, second!.rows.length]).toEqual([6, 2]);
    expect(experiment.plots!([])[0]!.series.every(({ points }) => points.length === 2)).toBe(true);
  });
});
