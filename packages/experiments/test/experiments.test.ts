import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ablationExperiment,
  compareExperiment,
  executeJobs,
  loadSets,
  marginsExperiment,
  noiseExperiment,
  pretrainExperiment,
  realNoiseExperiment,
  runSpec,
  specKey,
  standardRecipes,
  summarizeResults,
  toCsv,
  toMarkdown,
  trustedExperiment,
  weakRun,
} from '@selfcure/experiments';
import type { FerData, Job, Result, RunOutcome, RunSets, RunSpec } from '@selfcure/experiments';
import type { FerTable } from '@selfcure/data';
import { createParts } from '@selfcure/core/app';
import type { TrainState } from '@selfcure/core';
import type { Backend } from '@selfcure/tensor';
import { wasm } from '@selfcure/wasm';
import { base, job, memoryStore, outcome } from './fabricated.ts';

/** 100 training images, of which a fifth has a FER2013 label that no voter agrees with, and a few of the other splits. */
const fer: FerTable = {
  size: 110,
  images: Uint8Array.from({ length: 110 * 48 * 48 }, (_, i) => (i % (48 * 48) === 0 ? i / (48 * 48) : i % 251)),
  // FER2013's angry is class 4 of FER+, neutral class 0.
  emotions: Uint8Array.from({ length: 110 }, (_, row) => ((row % 2 === 0) !== (row % 5 === 0) ? 6 : 0)),
  splits: Uint8Array.from({ length: 110 }, (_, row) => (row < 100 ? 0 : row < 105 ? 1 : 2)),
  votes: Uint8Array.from({ length: 1100 }, (_, i) => (i % 10 === (Math.floor(i / 10) % 2 === 0 ? 0 : 4) ? 10 : 0)),
  firsts: Int32Array.from({ length: 110 }, (_, row) => row),
};

const noFer = (): never => {
  throw new Error('no FER2013 here');
};

describe('data of a spec', () => {
  it('draws noise, verified samples and oracles from the seed', async () => {
    const spec: RunSpec = { ...base, verified: 10, seed: 3 };
    const { train, validation, test } = await loadSets(spec, noFer);
    expect(train.labels.filter((label, i) => label !== train.truth[i])).toHaveLength(16);
    const known = [...train.verified!].flatMap((label, i) => (label >= 0 ? [i] : []));
    expect(known).toHaveLength(10);
    for (const i of known) expect(train.verified![i]).toBe(train.truth[i]);
    expect(new Set([train.fingerprint, validation.fingerprint, test.fingerprint]).size).toBe(3);
    const again = await loadSets(spec, noFer);
    expect(again.train.labels).toEqual(train.labels);
    expect(again.train.verified).toEqual(train.verified);
    expect((await loadSets({ ...spec, seed: 4 }, noFer)).train.labels).not.toEqual(train.labels);

    const without = await loadSets({ ...spec, verified: 0, oracle: 'remove' }, noFer);
    expect(without.train.size).toBe(48);
    expect(without.train.labels).toEqual(without.train.truth);
    const mended = await loadSets({ ...spec, verified: 0, oracle: 'mend' }, noFer);
    expect(mended.train.labels).toEqual(train.truth);
  });
  it('chooses the same images of FER2013 whatever their labels, and pretrains on none of them', async () => {
    const spec: RunSpec = {
      ...base,
      noise: null,
      data: { kind: 'fer', folder: '', labels: 'majority', samples: 40, part: 'chosen', seed: 1 },
    };
    const sets = async (over: Partial<FerData>): Promise<RunSets['train']> =>
      (await loadSets({ ...spec, data: { ...(spec.data as FerData), ...over } }, () => Promise.resolve(fer))).train;
    const images = async (data: RunSets['train']): Promise<string[]> =>
      Promise.all([...data.labels.keys()].map(async (id) => String((await data.read([id]))[0])));
    const [right, given, others] = await Promise.all([
      sets({}),
      sets({ labels: 'fer2013' }),
      sets({ labels: 'fer2013', part: 'others' }),
    ]);
    expect(right.size).toBe(40);
    expect(others.size).toBe(60);
    expect(given.truth).toEqual(right.labels);
    expect(given.labels).not.toEqual(right.labels);
    expect(await images(given)).toEqual(await images(right));
    expect(new Set([...(await images(given)), ...(await images(others))]).size).toBe(100);
    expect(weakRun(spec).data).toEqual({ ...spec.data, labels: 'fer2013', part: 'others' });
  });
  it.each([
    ['pair', 0.2],
    ['fer-like', 0.2],
    ['feature-dependent', 0.2],
    ['fer-like', 0.4],
  ] as const)('%s noise of rate %s is of that rate', async (kind, rate) => {
    const data = { ...base.data, samples: 700 } as RunSpec['data'];
    const { train } = await loadSets({ ...base, data, noise: { kind, rate } }, noFer);
    const wrong = train.labels.filter((label, i) => label !== train.truth[i]).length / 700;
    expect(Math.abs(wrong - rate)).toBeLessThan(0.02);
  });
});

describe('runs', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await wasm();
  });
  afterAll(() => backend.close());
  const place = () => ({ backend, readFer: noFer });

  it('give their figures, equal for equal specs, and go on where they were', async () => {
    const states: TrainState[] = [];
    const whole = (await runSpec(
      { ...base, recipe: { use: 'cure', start: 2 } },
      { ...place(), onState: (state) => void states.push(state) },
    ))!;
    expect(states).toHaveLength(3);
    const { seconds: _, ...figures } = whole.figures;
    expect(figures['noiseBefore']).toBe(0.25);
    expect(figures['accuracy']).toBeGreaterThanOrEqual(0);
    expect(figures['auroc/posterior']).toBeGreaterThan(0);
    expect(whole.curves['noise']).toHaveLength(3);
    const resumed = (await runSpec(
      { ...base, recipe: { use: 'cure', start: 2 } },
      { ...place(), resume: states[0]! },
    ))!;
    expect({ ...resumed.figures, seconds: null }).toEqual({ ...figures, seconds: null });
    expect(await runSpec(base, { ...place(), signal: { aborted: true } })).toBeNull();
  });
  it('use verified labels: forward correction, and corrected predictions', async () => {
    const spec: RunSpec = { ...base, verified: 20 };
    const [forward, plain] = await Promise.all([
      runSpec({ ...spec, recipe: { use: 'forward', transition: 'verified' } }, place()),
      runSpec(spec, place()),
    ]);
    const loss = 'negativeLogLikelihood';
    const losses = [
      forward!.figures[loss],
      ...['', 'transition/', 'offsets/', 'matrix/'].map((of) => plain!.figures[`${of}${loss}`]),
    ];
    expect(losses.every((one) => typeof one === 'number')).toBe(true);
    expect(new Set(losses).size).toBe(5);
    // Cross-entropy changes no label, and a label that a person has verified is none of its edits.
    const { labels, truth, verified } = (await loadSets(spec, noFer)).train;
    const others = [...labels.keys()].filter((i) => verified![i] === -1);
    const noise = others.filter((i) => labels[i] !== truth[i]).length / others.length;
    expect(verified!.some((label, i) => label >= 0 && label !== labels[i])).toBe(true);
    expect(plain!.figures).toMatchObject({ noiseBefore: noise, noiseAfter: noise, edits: 0, precision: null });
    await expect(runSpec({ ...base, recipe: { use: 'forward', transition: 'verified' } }, place())).rejects.toThrow(
      /verified/,
    );
  });
  it('start from a pretrained backbone, and from drawn heads', async () => {
    const first = { ...base, epochs: 1 };
    const [fresh, tuned] = await Promise.all([
      runSpec({ ...base, epochs: 1 }, place()),
      runSpec({ ...base, epochs: 1, pretrain: first }, place()),
    ]);
    expect(tuned!.curves['loss']).not.toEqual(fresh!.curves['loss']);
  });
});

describe('execution', () => {
  it('runs what is not stored, keeps what is finished, and reports what fails', async () => {
    const store = memoryStore();
    const jobs = [job('ce', 0), job('gce', 0), job('elr', 0), job('ce', 1), job('ce', 0)];
    const ran: string[] = [];
    const run = async ({ spec }: Job): Promise<RunOutcome> => {
      ran.push(`${spec.recipe.use}${spec.seed}`);
      if (spec.recipe.use === 'elr') throw new Error('broken');
      return outcome(0.5);
    };
    const first = await executeJobs({ jobs, store, run, parallel: 2 });
    expect(ran).toEqual(['ce0', 'gce0', 'elr0', 'ce1']);
    expect(first.results.map(({ labels }) => labels['recipe'])).toEqual(['ce', 'gce', 'ce', 'ce']);
    expect(first.failures.map(({ error }) => (error as Error).message)).toEqual(['broken']);
    expect(first.open).toBe(0);
    const stored: boolean[] = [];
    const second = await executeJobs({ jobs, store, run, onEnd: (_, state) => stored.push(state.stored) });
    expect(ran.slice(4)).toEqual(['elr0']);
    expect(stored).toEqual([true, true, false, true]);
    expect(second.results).toHaveLength(4);
  });
  it('stops at a signal and leaves the rest open', async () => {
    const signal = { aborted: false };
    const run = async (): Promise<RunOutcome> => {
      signal.aborted = true;
      return outcome(1);
    };
    const done = await executeJobs({
      jobs: [job('ce', 0), job('ce', 1), job('ce', 2)],
      store: memoryStore(),
      run,
      signal,
    });
    expect(done.results).toHaveLength(1);
    expect(done.open).toBe(2);
  });
  it('knows equal specs by their content, wherever the data lie', () => {
    const fer = (folder: string): RunSpec => ({
      ...base,
      data: { kind: 'fer', folder, labels: 'fer2013', samples: 10, part: 'chosen', seed: 0 },
    });
    expect(specKey(fer('a'))).toBe(specKey(fer('b')));
    expect(specKey({ ...base, seed: 1 })).not.toBe(specKey(base));
    const cure = (edit?: number): RunSpec => ({ ...base, recipe: { use: 'cure', ...(edit && { edit }) } });
    expect(new Set([cure(), cure(0.8), cure(0.7)].map(specKey)).size).toBe(3);
    expect(() => specKey({ ...base, recipe: { use: 'cur' } })).toThrow(/cur/);
    expect(specKey(Object.fromEntries(Object.entries(base).reverse()) as unknown as RunSpec)).toBe(specKey(base));
  });
});

describe('tables', () => {
  const results = [
    ...[0.5, 0.6, 0.7].map((accuracy, seed) => ({ ...job('ce', seed), outcome: outcome(accuracy) })),
    ...[0.6, 0.65, 0.85].map((accuracy, seed) => ({ ...job('x, "y" | z', seed), outcome: outcome(accuracy) })),
  ] satisfies Result[];
  const metrics = [
    { key: 'accuracy', label: 'accuracy', percent: true, paired: true },
    { key: 'harm', label: 'harm' },
  ];
  const summary = summarizeResults({ title: 'T', results, metrics, control: { recipe: 'ce' } });
  it('hold means, spread and paired differences', () => {
    const [control, other] = summary.rows;
    expect(control!.cells['accuracy']!.difference).toBeNull();
    expect(control!.cells['accuracy']!.mean).toBeCloseTo(0.6, 12);
    expect(control!.cells['accuracy']!.standardDeviation).toBeCloseTo(0.1, 12);
    // Differences 0.1, 0.05, 0.15: mean 0.1, sd 0.05; t(2) = 4.302653.
    const { mean, low, high } = other!.cells['accuracy']!.difference!;
    expect(mean).toBeCloseTo(0.1, 12);
    expect(high).toBeCloseTo(0.1 + (4.302653 * 0.05) / Math.sqrt(3), 6);
    expect(low).toBeCloseTo(0.1 - (4.302653 * 0.05) / Math.sqrt(3), 6);
    expect(other!.cells['harm']).toBeNull();
  });
  it('as Markdown and CSV', () => {
    const markdown = toMarkdown(summary);
    expect(markdown).toContain('| ce | 3 | 60.0 ± 10.0 |');
    expect(markdown).toContain('x, "y" \\| z');
    expect(markdown).toContain('(+10.0 [-2.4, 22.4])');
    expect(markdown).not.toContain('harm');
    const [header, , second] = toCsv(summary).split('\r\n');
    expect(header).toBe(
      'recipe,seeds,accuracy/mean,accuracy/sd,accuracy/difference,accuracy/low,accuracy/high,harm/mean,harm/sd,harm/difference,harm/low,harm/high',
    );
    expect(second!.startsWith('"x, ""y"" | z",3,0.7')).toBe(true);
  });
  it('compares only where every seed has its control', () => {
    const rows = summarizeResults({ title: 'T', results: results.slice(1), metrics, control: { recipe: 'ce' } }).rows;
    expect(rows[1]!.cells['accuracy']!.difference).toBeNull();
  });
});

describe('designs', () => {
  const designs = {
    noise: noiseExperiment({ base }),
    ablation: ablationExperiment({ base }),
    margins: marginsExperiment({ base }),
    pretrain: pretrainExperiment({ base }),
    compare: compareExperiment({ base, recipes: [{ name: 'gce', recipe: { use: 'gce' } }] }),
    'real-noise': realNoiseExperiment({ base }),
    trusted: trustedExperiment({ base }),
  };
  it.each(Object.entries(designs))(
    '%s: has both controls, three paired seeds, and no run twice',
    (_name, { jobs, summarize, plots }) => {
      const recipes = jobs.map(({ spec }) => JSON.stringify({ ...spec.recipe, start: undefined }));
      expect(recipes).toContain('{"use":"ce"}');
      expect(recipes).toContain('{"use":"ce-relabel"}');
      expect(new Set(jobs.map(({ spec }) => specKey(spec))).size).toBe(jobs.length);
      const bySeed = new Map<string, Job[]>();
      for (const one of jobs) {
        const key = JSON.stringify(one.labels);
        bySeed.set(key, [...(bySeed.get(key) ?? []), one]);
      }
      for (const group of bySeed.values()) expect(group.map(({ spec }) => spec.seed)).toEqual([0, 1, 2]);
      // What cannot run is found here, and not after the others have. A matrix of verified labels is made with the data.
      const app = createParts();
      const identity = [0, 1].map((row) => [0, 1].map((column) => (row === column ? 1 : 0)));
      for (const { spec } of jobs)
        expect(() =>
          app.method({ ...spec.recipe, ...(spec.recipe['transition'] === 'verified' && { transition: identity }) }),
        ).not.toThrow();
      const results = jobs.map((one, i) => ({ ...one, outcome: outcome(i / jobs.length) }));
      expect(summarize(results)[0]!.rows).toHaveLength(bySeed.size);
      for (const { rows } of summarize(results)) {
        // Every row but the controls themselves finds its control.
        expect(rows.filter(({ cells }) => cells['accuracy']!.difference === null).length).toBeLessThanOrEqual(8);
        expect(rows.some(({ cells }) => cells['accuracy']!.difference !== null)).toBe(true);
      }
      for (const { series } of plots?.(results) ?? [])
        for (const { points } of series) expect(points.length).toBeGreaterThan(0);
    },
  );
  it('trusted shows what corrections make of each training, and its share of the gap', () => {
    const accuracy: Readonly<Record<string, number>> = { 'ce 0': 0.6, 'oracle: wrong labels mended all': 0.8 };
    const results = designs.trusted.jobs.map((one): Result => {
      const own = accuracy[`${one.labels['recipe']} ${one.labels['verified']}`] ?? 0.65;
      const { figures, ...rest } = outcome(own);
      return {
        ...one,
        outcome: {
          ...rest,
          figures: { ...figures, memorized: 0.3, ...(one.spec.verified > 0 && { 'matrix/accuracy': 0.7 }) },
        },
      };
    });
    const { rows } = designs.trusted.summarize(results)[0]!;
    const cellOf = (recipe: string, verified: string) => {
      const { cells } = rows.find(({ labels }) => labels['recipe'] === recipe && labels['verified'] === verified)!;
      return [cells['accuracy']!.mean, cells['gapShare']!.mean].map((value) => Math.round(1e6 * value) / 1e6);
    };
    expect(cellOf('ce', '0')).toEqual([0.6, 0]);
    expect(cellOf('forward', '100')).toEqual([0.65, 0.25]);
    expect(cellOf('ce, matrix scaling', '100')).toEqual([0.7, 0.5]);
    expect(rows.filter(({ labels }) => labels['recipe']!.endsWith('matrix scaling'))).toHaveLength(6);
    expect(rows.some(({ labels }) => labels['recipe']!.endsWith('class offsets'))).toBe(false);
    // What a correction leaves as it was has no row in the tables of labels.
    const text = toMarkdown(designs.trusted.summarize(results)[0]!);
    const [quality, labels] = text.split('What became of the training labels');
    expect(quality).toContain('matrix scaling');
    expect(labels).toContain('| forward |');
    expect(labels).not.toContain('matrix scaling');
  });
  it('ablation has the eight combinations, each with the modules that its row names', async () => {
    const { jobs } = designs.ablation;
    expect(new Set(jobs.map(({ labels }) => Object.values(labels).join(''))).size).toBe(8);
    for (const { labels, spec } of jobs) {
      const { use, weighting = false, rank = false, relabel = use === 'ce-relabel' } = spec.recipe;
      expect(Object.values(labels)).toEqual([weighting, rank, relabel].map((on) => (on ? 'x' : '-')));
    }
  });
  it('pretraining and its fine-tuning share a seed, and differ in their faces', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), (seed) => {
        for (const { spec } of pretrainExperiment({ base, seeds: [seed] }).jobs) {
          expect(spec.seed).toBe(seed);
          if (spec.pretrain)
            expect([spec.pretrain.seed, spec.pretrain.data.seed]).toEqual([seed, spec.data.seed + 7919]);
        }
      }),
    );
  });
  it('standard recipes start after a third of the run', () => {
    expect(standardRecipes(12).map(({ recipe }) => recipe['start'] ?? recipe['relabelEpoch'])).toEqual([
      undefined,
      5,
      5,
      5,
      5,
    ]);
  });
});
