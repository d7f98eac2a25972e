import { cpSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pairedDifference } from '@selfcure/core';
import { runSpec } from '@selfcure/experiments';
import type { RunOutcome, RunSpec } from '@selfcure/experiments';
import { wasm } from '@selfcure/wasm';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { readGrid } from '../src/experiment/grid.ts';
import { readRecipes } from '../src/experiment/recipe-list.ts';
import { readExperiment } from '../src/experiment/read-experiment.ts';
import { readShard } from '../src/experiment/shard.ts';
import { csvRows, run, temporaryFolder } from './run-main.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);
afterEach(() => vi.unstubAllEnvs());

/** Runs of a fraction of a second, in this process. */
const tiny = '--samples 64 --test-samples 40 --size 16 --width 0.125 --batch 16 --jobs 0'.split(' ');
const experiment = (name: string, out: string, ...more: string[]) =>
  run(['experiment', name, ...tiny, ...(more.includes('--epochs') ? [] : ['--epochs', '3']), '--out', out, ...more], {
    cwd: folder,
  });
const text = (out: string, name: string): string => readFileSync(join(folder, out, name), 'utf8');

interface Written {
  readonly headline: readonly string[];
  readonly notes: readonly string[];
  readonly command: string;
  readonly machine: Readonly<Record<string, unknown>>;
  readonly tables: readonly { readonly title: string; readonly rows: readonly unknown[] }[];
  readonly runs: readonly {
    readonly labels: Record<string, string>;
    readonly spec: RunSpec;
    readonly outcome: RunOutcome;
  }[];
}
const written = (out: string): Written => JSON.parse(text(out, 'results.json')) as Written;
/** Figures and curves of every run, without the time they took. */
const essence = (out: string): unknown =>
  written(out).runs.map(({ labels, spec, outcome }) => ({
    labels,
    spec,
    curves: outcome.curves,
    figures: { ...outcome.figures, seconds: 0 },
  }));

describe('selfcure experiment compare', () => {
  const compared = ['--recipes', 'gce:q=0.5', '--seeds', '0,1,2'];
  test('leaves tables, runs and a page that say the same, and names nothing of this machine', async () => {
    const { code, stdout } = await experiment('compare', 'a', ...compared);
    expect(code).toBe(0);
    expect(readdirSync(join(folder, 'a')).sort()).toEqual([
      'report.html',
      'results.csv',
      'results.json',
      'results.md',
      'runs',
      'runs.csv',
    ]);
    const { runs, headline, command, machine } = written('a');
    // The controls are there without being asked for, with the same three seeds.
    expect(runs.map(({ labels, spec }) => `${labels['recipe']} ${spec.seed}`)).toEqual(
      ['ce', 'ce + relabel', 'gce:q=0.5'].flatMap((name) => [0, 1, 2].map((seed) => `${name} ${seed}`)),
    );
    const accuracies = (recipe: string): number[] =>
      runs.filter(({ labels }) => labels['recipe'] === recipe).map(({ outcome }) => outcome.figures['accuracy']!);
    const { mean, low, high } = pairedDifference(accuracies('gce:q=0.5'), accuracies('ce'));
    const points = (value: number): string => (100 * value).toFixed(1).replace(/^-(0\.0)$/, '$1');
    const interval = `[${points(low!)}, ${points(high!)}]`;
    const sentence = headline.find((line) => line.startsWith('gce'))!;
    expect(sentence).toContain(`${mean > 0 ? '+' : ''}${points(mean)} points ${interval} over 3 seeds`);
    expect(stdout).toContain(sentence);
    const [page, markdown] = [text('a', 'report.html'), text('a', 'results.md')];
    for (const file of [page, markdown]) {
      expect(file).toContain(interval);
      for (const recipe of ['ce', 'gce:q=0.5']) {
        const values = accuracies(recipe);
        expect(file).toContain(points(values.reduce((sum, value) => sum + value, 0) / 3));
      }
    }
    const rows = csvRows(text('a', 'runs.csv').replaceAll('\r', ''));
    expect(rows.map((row) => Number(row['accuracy']))).toEqual(runs.map(({ outcome }) => outcome.figures['accuracy']));
    expect(text('a', 'results.csv')).toMatch(/^recipe,seeds,accuracy\/mean,accuracy\/sd,accuracy\/difference/);
    expect(command).toMatch(/^selfcure experiment compare --recipes gce:q=0\.5 --seeds 0,1,2 --epochs 3/);
    expect(Object.keys(machine)).toEqual(['platform', 'processor', 'cores', 'memoryGiB']);
    for (const name of readdirSync(join(folder, 'a')).filter((one) => one !== 'runs'))
      expect(text('a', name)).not.toContain(folder);
  });

  test('a second time computes nothing, and the numbers stay', async () => {
    const before = essence('a');
    const { code, stdout } = await experiment('compare', 'a', ...compared, '--json');
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; stored?: boolean });
    expect(events.filter(({ event }) => event === 'run-start')).toEqual([]);
    expect(events.filter(({ event, stored }) => event === 'run' && stored)).toHaveLength(9);
    expect(events.at(-1)).toMatchObject({ event: 'end', status: 'finished', missing: 0, failures: [] });
    expect(essence('a')).toEqual(before);
  });

  test('parts of several machines are the whole', async () => {
    expect((await experiment('compare', 'part-1', ...compared, '--shard', '1/2')).code).toBe(0);
    expect(written('part-1').runs).toHaveLength(5);
    expect(written('part-1').notes).toEqual(['4 of the runs are not done; tables hold the others.']);
    vi.stubEnv('AWS_BATCH_JOB_ARRAY_INDEX', '1');
    const second = await experiment('compare', 'part-2', ...compared, '--shard', 'env/2');
    expect(second.stderr).toMatch(/5 runs belong to other parts/);
    cpSync(join(folder, 'part-1', 'runs'), join(folder, 'part-2', 'runs'), { recursive: true });
    const whole = await experiment('compare', 'part-2', ...compared);
    expect(whole.stdout).not.toMatch(/^\[/m);
    expect(essence('part-2')).toEqual(essence('a'));
  });
});

test('a pretraining is run once, and its fine-tuning is that of one run which does both', async () => {
  const { code } = await experiment('pretrain', 'p', '--seeds', '0', '--weak-samples', '96', '--epochs', '2');
  expect(code).toBe(0);
  const files = readdirSync(join(folder, 'p', 'runs', 'wasm'));
  expect(files.filter((name) => name.startsWith('backbone'))).toHaveLength(2);
  expect(files.filter((name) => name.startsWith('outcome'))).toHaveLength(7 + 2);
  expect(files.filter((name) => name.startsWith('state'))).toEqual([]);
  const { runs, notes } = written('p');
  expect(notes).toEqual(['One seed says little of the spread between runs. Take three at least.']);
  const one = runs.find(({ labels }) => labels['pretraining'] === 'scn' && labels['fine-tuning'] === 'scn')!;
  const backend = await wasm();
  try {
    const alone = (await runSpec(one.spec, { backend, readFer: () => Promise.reject(new Error('none')) }))!;
    expect(one.outcome.curves).toEqual(alone.curves);
  } finally {
    await backend.close();
  }
});

test('a run may start from a pretraining that every recipe shares, of other faces', async () => {
  const options = ['--seeds', '0', '--recipes', 'cure', '--pretrain-epochs', '1', '--epochs', '2'];
  expect((await experiment('compare', 'q', ...options)).code).toBe(0);
  const { runs } = written('q');
  const before = runs.map(({ spec }) => spec.pretrain!);
  expect(before).toHaveLength(3);
  expect(new Set(before.map((spec) => JSON.stringify(spec))).size).toBe(1);
  expect(before[0]).toMatchObject({ epochs: 1, recipe: { use: 'ce' }, noise: { kind: 'symmetric', rate: 0.4 } });
  expect(before[0]!.data.seed).not.toBe(runs[0]!.spec.data.seed);
  expect(readdirSync(join(folder, 'q', 'runs', 'wasm')).filter((name) => name.startsWith('backbone'))).toHaveLength(1);
});

test('a sweep keeps what the validation set likes, and shows the choice beside its controls', async () => {
  const options = ['--grid', 'lr=0.002,0.01;margin2=0.2,0.4', '--budgets', '1,2', '--seeds', '0', '--keep', '0.5'];
  const { code } = await experiment('sweep', 's', ...options);
  expect(code).toBe(0);
  const { tables, runs } = written('s');
  expect(tables.map(({ title, rows }) => [title, rows.length])).toEqual([
    ['The choice on the test set', 3],
    ['Round 1: 1 epoch', 4],
    ['Round 2: 2 epochs', 2],
  ]);
  const mean = (lr: number, margin2: number, epochs: number): number =>
    runs
      .filter(({ spec }) => spec.learningRate === lr && spec.recipe['margin2'] === margin2 && spec.epochs === epochs)
      .reduce((sum, { outcome }) => sum + outcome.figures['validationAccuracy']!, 0);
  const first = [0.002, 0.01].flatMap((lr) => [0.2, 0.4].map((margin) => ({ lr, margin, mean: mean(lr, margin, 1) })));
  const going = first.toSorted((a, b) => b.mean - a.mean).slice(0, 2);
  for (const { lr, margin } of going) expect(mean(lr, margin, 2)).toBeGreaterThan(0);
  expect(text('s', 'results.md')).toContain('### The choice on the test set');
  expect((await experiment('sweep', 's', ...options, '--json')).stdout).not.toContain('run-start');
});

test('margins, ablation, noise and trusted run with all their plots', async () => {
  const seeds = ['--seeds', '0', '--epochs', '1'];
  expect(
    (await experiment('margins', 'm', ...seeds, '--margin1', '0.2', '--margin2', '0,0.4', '--beta', '0.7')).code,
  ).toBe(0);
  // Two controls; margin 1 once and margin 2 twice beside the paper's others, the paper's own, and two pairs.
  expect(written('m').runs).toHaveLength(2 + 1 + 2 + 1 + 2);
  const page = text('m', 'report.html');
  for (const title of ['over margin 1', 'over margin 2', 'over beta', 'over margin 1 and margin 2'])
    expect(page).toContain(`Test accuracy ${title}`);
  expect((await experiment('ablation', 'b', ...seeds)).code).toBe(0);
  expect(written('b').tables.map(({ rows }) => rows.length)).toEqual([8, 6]);
  expect(
    (await experiment('noise', 'n', ...seeds, '--noise-kind', 'symmetric,pair', '--rate', '0,0.2', '--recipes', 'ce'))
      .code,
  ).toBe(0);
  expect(written('n').runs.map(({ labels }) => `${labels['noise']}: ${labels['recipe']}`)).toEqual(
    ['none', 'symmetric 20 %', 'pair 20 %'].flatMap((noise) =>
      ['ce', 'ce + relabel'].map((recipe) => `${noise}: ${recipe}`),
    ),
  );
  expect((await experiment('trusted', 't', ...seeds, '--verified', '20')).code).toBe(0);
  expect(text('t', 'report.html')).toContain('against the number of verified labels');
});

describe('what a command line says', () => {
  test('kinds of noise have rates of their own, or all that are given', () => {
    const noises = (kinds: string, rate?: string) =>
      readExperiment('noise', { 'noise-kind': kinds, ...(rate && { rate }) }, '/').noises!.map(
        ({ kind, rate: of }) => `${kind} ${of}`,
      );
    expect(noises('symmetric,feature-dependent:0.2', '0,0.1,0.3')).toEqual([
      'symmetric 0',
      'symmetric 0.1',
      'symmetric 0.3',
      'feature-dependent 0.2',
    ]);
    expect(noises('pair')).toEqual(['pair 0.2']);
    expect(() => noises('pair:2')).toThrow(/noise-kind/);
    expect(() => noises('pair:0.1:0.2')).toThrow(/more than one rate/);
    expect(() => noises('pair,pair:0.2')).toThrow(/pair with rate 0.2 is given twice/);
  });

  test('parts are numbered from 1, or by the scheduler from 0', () => {
    expect(readShard('2/5', {})).toEqual({ index: 1, count: 5 });
    expect(readShard('env/4', { JOB_COMPLETION_INDEX: '3' })).toEqual({ index: 3, count: 4 });
    expect(readShard('env/4', { SLURM_ARRAY_TASK_ID: '11', SLURM_ARRAY_TASK_MIN: '10' })).toEqual({
      index: 1,
      count: 4,
    });
    expect(readShard(undefined, {})).toBeNull();
    for (const [given, message] of [
      ['0/3', /part 0 is not one of 3/],
      ['4/3', /part 4 is not one of 3/],
      ['env/3', /none is set/],
      ['half', /is not i\/n/],
    ] as const)
      expect(() => readShard(given, {})).toThrow(message);
    expect(() => readShard('env/3', { JOB_COMPLETION_INDEX: '3' })).toThrow(/part 4 is not one of 3/);
  });
  test('recipes have names, options, and a start after a third of the run', () => {
    expect(readRecipes('recipes', 'cure,scn:margin2=0.4,scn:preset=official-code,gce', 12)).toEqual([
      { name: 'cure', recipe: { use: 'cure', start: 5 } },
      { name: 'scn:margin2=0.4', recipe: { use: 'scn', margin2: 0.4, relabelEpoch: 5 } },
      { name: 'scn, official code', recipe: { use: 'scn', preset: 'official-code', relabelEpoch: 5 } },
      { name: 'gce', recipe: { use: 'gce' } },
    ]);
    expect(readRecipes('recipes', 'scn:relabelEpoch=3', 12)[0]!.recipe).toEqual({ use: 'scn', relabelEpoch: 3 });
  });
  test('grids are axes with values', () => {
    expect(readGrid('lr=1e-3,2e-3; preset=paper,official-code;weighting=true')).toEqual({
      lr: [0.001, 0.002],
      preset: ['paper', 'official-code'],
      weighting: [true],
    });
  });
  test.each<[string[], RegExp]>([
    [['experiment'], /no command is given. Use one of noise, ablation/],
    [['experiment', 'margin'], /Did you mean 'experiment margins'\?/],
    [['experiment', 'compare', '--recipes', 'cur'], /recipe 'cur' is not one of .*Did you mean cure\?/],
    [['experiment', 'compare', '--recipes', 'scn:margin3=1'], /scn: no option 'margin3'/],
    [['experiment', 'compare', '--recipes', 'small-loss'], /rate/],
    [['experiment', 'compare', '--recipes', 'gce,gce'], /'gce' is given twice/],
    [['experiment', 'compare', '--recipes', 'forward:transition=verified'], /needs verified labels/],
    [['experiment', 'compare', '--recipes', 'forward'], /takes its matrix from verified labels/],
    [['experiment', 'compare', '--verified', '2000'], /2000 is more than the 1500 training samples/],
    [['experiment', 'compare', '--seeds', '0,0'], /--seeds: 0 is given twice/],
    [['experiment', 'compare', '--seeds', '0,-1'], /--seeds: '-1' is not a whole number from 0/],
    [['experiment', 'compare', '--noise-kind', 'none', '--rate', '0.2'], /--noise-kind is none/],
    [['experiment', 'compare', '--train-labels', 'fer2013'], /--train-labels belongs to a folder/],
    [['experiment', 'compare', '--batch', '64', '--samples', '32'], /64 is more than the 32 training samples/],
    [['experiment', 'compare', '--shard', '3/2'], /part 3 is not one of 2/],
    [['experiment', 'compare', '--device', 'cpu'], /--device belongs to backend tensorflow; this one is wasm/],
    [['experiment', 'noise', '--noise-kind', 'symetric'], /Did you mean symmetric\?/],
    [['experiment', 'sweep'], /missing required argument: --grid/],
    [['experiment', 'sweep', '--grid', 'lr'], /'lr' names no values/],
    [['experiment', 'sweep', '--grid', 'marginal=1'], /scn: no option 'marginal'/],
    [['experiment', 'sweep', '--grid', 'lr=1', '--budgets', '3,2'], /budgets 3, 2 are not whole numbers that rise/],
    [['experiment', 'sweep', '--grid', 'lr=1', '--shard', '1/2'], /unknown option '--shard'/],
    [['experiment', 'real-noise', 'faces'], /real-noise needs DATA/],
    [['job'], /job is started by 'selfcure experiment'/],
  ])('%j is refused', async (argv, message) => {
    const { code, stdout, stderr } = await run(argv, { cwd: folder });
    expect(stderr.split('\n').filter((line) => line.startsWith('error'))).toEqual([expect.stringMatching(message)]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
  test('the process of a job is not in the help', async () => {
    const { stdout } = await run(['--help']);
    expect(stdout).toContain('experiment');
    expect(stdout).not.toMatch(/\bjob\b/);
  });
});
