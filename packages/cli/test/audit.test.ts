import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyRecalibration, chooseByGain, transitionFromVerified } from '@selfcure/audit';
import type { Audit } from '@selfcure/audit';
import { auroc, decodeSafetensors, decodeTrainState } from '@selfcure/core';
import { facesDataset, symmetricNoise } from '@selfcure/data';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadRecalibrations } from '../src/index.ts';
import type { RunManifest } from '../src/index.ts';
import { csvRows, run, temporaryFolder, tiny } from './run-main.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);

const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
const bytes = (path: string): Uint8Array => new Uint8Array(readFileSync(join(folder, path)));
const json = <T>(path: string): T => JSON.parse(read(path)) as T;
const cli = (...argv: string[]) => run(argv, { cwd: folder });

/** 350 faces of 16 x 16 pixels, a third of them with wrong labels. */
const data = ['--samples', '350', '--size', '16', '--noise', '0.3'];
const quick = [...data, '--test-samples', '70', '--width', '0.25', '--epochs', '4', '--lr', '0.01', '--no-augment'];
const faces = symmetricNoise(facesDataset({ samples: 350, seed: 1, size: 16 }), { rate: 0.3, seed: 1 });
const { classes } = faces;
const truthOf = (sample: number): string => classes[faces.truth[sample]!]!;
const givenOf = (sample: number): string => classes[faces.labels[sample]!]!;

type Row = Record<string, string | number | null>;
interface AuditFile extends Pick<Audit, 'noise' | 'list' | 'transition' | 'quality' | 'warnings' | 'evidence'> {
  readonly format: string;
  readonly verified: { readonly random: number; readonly chosen: number };
  readonly options: { readonly fdr: number; readonly folds: number | null };
}

/** Items of a page: name, given, suggested, verdict, suspicion. */
const itemsOf = (page: string): (string | number | null)[][] =>
  (JSON.parse(/id="review-data">(.*?)<\/script>/s.exec(page)![1]!) as { items: (string | number | null)[][] }).items;

/** What a person who is always right exports from a page. */
function decide(page: string, choice: string): string {
  const samples = itemsOf(page).map(([name]) => Number(name));
  const lines = samples.map((sample) => `${sample},label,${truthOf(sample)},,,${choice}`);
  return `sample,decision,label,given,suggested,choice\n${lines.join('\n')}\n`;
}

beforeAll(async () => {
  expect(await cli('audit', 'faces', ...quick, '--out', 'plain', '--fdr', '0.4')).toMatchObject({ code: 0 });
  expect(await cli('review', 'faces', ...data, '--count', '60')).toMatchObject({ code: 0 });
  writeFileSync(join(folder, 'decisions.csv'), decide(read('review.html'), 'random'));
  expect(await cli('review', '--collect', 'decisions.csv')).toMatchObject({ code: 0 });
}, 120_000);

describe('selfcure audit', () => {
  test('leaves tables that agree with each other, with the data and with the figures', async () => {
    expect(readdirSync(join(folder, 'plain')).sort()).toEqual([
      'audit.csv',
      'audit.html',
      'audit.json',
      'audit.jsonl',
      'audit.parquet',
      'audit.safetensors',
    ]);
    const rows = read('plain/audit.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
    expect(rows.map(({ rank }) => rank)).toEqual(Array.from({ length: 350 }, (_, i) => i + 1));
    expect(rows.map(({ sample }) => Number(sample)).sort((a, b) => a - b)).toEqual([...faces.labels.keys()]);
    for (const row of rows) {
      expect(row['given']).toBe(givenOf(Number(row['sample'])));
      expect(row['true']).toBe(truthOf(Number(row['sample'])));
    }
    const text = (row: Row): Row =>
      Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value === null ? '' : String(value)]));
    expect(csvRows(read('plain/audit.csv'))).toEqual(rows.map(text));
    expect(await parquetReadObjects({ file: bytes('plain/audit.parquet').buffer as ArrayBuffer })).toEqual(rows);

    const { quality, list, format, options, evidence } = json<AuditFile>('plain/audit.json');
    expect({ format, fdr: options.fdr, folds: options.folds }).toEqual({
      format: 'selfcure-audit-1',
      fdr: 0.4,
      folds: null,
    });
    expect(evidence.source).toBe('one network, averaged over its 4 training passes');
    const wrong = rows.map((row) => (row['given'] === row['true'] ? 0 : 1));
    const scores = rows.map((row) => Number(row['posterior']));
    expect(quality!.scores.posterior!.auroc).toBeCloseTo(auroc(scores, wrong)!, 4);
    expect(quality!.noise).toBeCloseTo(0.3, 12);
    expect(rows.filter(({ verdict }) => verdict !== 'right')).toHaveLength(list.count);
    expect(quality!.falseDiscoveries).toMatchObject({
      count: wrong.slice(0, list.count).filter((one) => one === 0).length,
      of: list.count,
    });
    expect(list.basis).toMatch(/network's own probabilities/);
    expect(read('plain/audit.html')).toContain('<title>Audit of faces: ce, seed 0</title>');
  });

  test('with verified labels rests on them, ranks the others, and says how well the promise held', async () => {
    const { code, stdout } = await cli(
      'audit',
      'faces',
      ...quick,
      '--trusted',
      'trusted.csv',
      '--out',
      'trusted',
      '--fdr',
      '0.6',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/of 60 labels that were verified at random are wrong/);
    const { verified, noise, transition, list, quality } = json<AuditFile>('trusted/audit.json');
    expect(verified).toEqual({ random: 60, chosen: 0 });
    const trusted = csvRows(read('trusted.csv'));
    const labels = new Int32Array(350).fill(-1);
    for (const { sample, label } of trusted) labels[Number(sample)] = classes.indexOf(label!);
    const own = transitionFromVerified({ given: faces.labels, verified: labels, classes: 7, stratified: true });
    expect(transition).toEqual(own);
    const wrong = trusted.filter(({ sample, label }) => givenOf(Number(sample)) !== label).length;
    expect(noise.share).toBeCloseTo(wrong / 60, 12);
    expect(list.basis).toBe('calibrated on 60 verified labels');
    expect(list.check!.of).toBeGreaterThan(0);
    expect(quality!.samples).toBe(290);
    const rows = csvRows(read('trusted/audit.csv'));
    expect(rows.slice(290).map(({ rank, verified: label }) => [rank, label !== ''])).toEqual(
      new Array(60).fill(['', true]),
    );
    expect(itemsOf(read('trusted/audit.html')).some(([name]) => labels[Number(name)]! >= 0)).toBe(false);
  });

  test('folds judge out of sample, and an interrupted audit goes on', async () => {
    const argv = ['audit', 'faces', ...data, '--width', '0.25', '--epochs', '2', '--folds', '2', '--json', '--out'];
    const { code, stdout } = await cli(...argv, 'folds');
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; fold?: number });
    expect(events.map(({ event, fold }) => [event, fold])).toEqual([
      ['epoch', 0],
      ['epoch', 0],
      ['epoch', 1],
      ['epoch', 1],
      ['end', undefined],
    ]);
    expect(csvRows(read('folds/audit.csv'))[0]).toHaveProperty('fold_disagreement');
    // Ended while its second network trains, it has the first behind it.
    const controller = new AbortController();
    const ended = await run([...argv, 'ended'], {
      cwd: folder,
      signal: controller.signal,
      stdout: { write: (text) => text.includes('"fold":1') && controller.abort() },
    });
    expect(ended).toMatchObject({ code: 130, stderr: expect.stringContaining('the same command goes on') });
    expect(existsSync(join(folder, 'ended', 'audit.json'))).toBe(false);
    const states = () => readdirSync(join(folder, 'ended')).filter((name) => name.startsWith('state-'));
    expect(states()).toHaveLength(2);
    const resumed = await cli(...argv, 'ended');
    expect(resumed.code).toBe(0);
    expect(resumed.stdout).not.toContain('"fold":0');
    expect(read('ended/audit.csv')).toBe(read('folds/audit.csv'));
    expect(states()).toEqual([]);
  });

  test('its page sends nothing of this machine', () => {
    expect(read('plain/audit.html')).not.toContain(folder);
  });
});

describe('selfcure review', () => {
  test('chooses at random within each given label, and hides the labels unless asked', async () => {
    const items = itemsOf(read('review.html'));
    expect(items).toHaveLength(60);
    expect(items.every(([, given, suggested]) => given === null && suggested === null)).toBe(true);
    for (let label = 0; label < 7; label++) {
      const wanted = (60 * faces.labels.filter((one) => one === label).length) / 350;
      const got = items.filter(([name]) => faces.labels[Number(name)] === label).length;
      expect(Math.abs(got - wanted)).toBeLessThan(1.5);
    }
    await cli('review', 'faces', ...data, '--count', '60', '--show-labels', '--out', 'shown.html');
    expect(itemsOf(read('shown.html')).map(([name, given]) => [name, given])).toEqual(
      items.map(([name]) => [name, faces.labels[Number(name)]]),
    );
  });

  test('by gain takes the most of an audit that nobody has verified, and knows its data', async () => {
    const { code } = await cli('review', 'trusted', '--by', 'gain', '--count', '25');
    expect(code).toBe(0);
    const { arrays } = decodeSafetensors(bytes('trusted/audit.safetensors'));
    const verified = csvRows(read('trusted.csv')).map(({ sample }) => Number(sample));
    const wanted = chooseByGain({
      given: faces.labels,
      classes: 7,
      count: 25,
      seed: 0,
      posterior: arrays['posterior']!.data as Float32Array,
      exclude: faces.labels.map((_, i) => (verified.includes(i) ? 1 : 0)),
    });
    expect(itemsOf(read('trusted/review.html')).map(([name]) => Number(name))).toEqual([...wanted]);
    writeFileSync(join(folder, 'gain.csv'), decide(read('trusted/review.html'), 'gain'));
    const { stdout } = await cli('review', '--collect', 'gain.csv', '--trusted', 'trusted.csv', '--out', 'both.csv');
    expect(stdout).toMatch(/85 verified labels \(60 chosen at random\)/);
    expect(csvRows(read('both.csv')).filter(({ choice }) => choice === 'gain')).toHaveLength(25);
  });

  test('leaves out what nobody can tell, and lets a later word count', async () => {
    writeFileSync(join(folder, 'first.csv'), 'sample,label,choice\n3,happy,random\n4,sad,gain\n');
    writeFileSync(
      join(folder, 'second.csv'),
      'sample,decision,label,choice\n4,drop,,audit\n3,keep,sad,audit\n9,accept,fear,audit\n',
    );
    const { stdout } = await cli('review', '--collect', 'second.csv', '--trusted', 'first.csv', '--out', 'third.csv');
    expect(stdout).toMatch(/2 verified labels \(0 chosen at random\); 1 samples were left out/);
    expect(read('third.csv')).toBe('sample,label,choice\n3,sad,audit\n9,fear,audit\n');
  });

  test.each<[string[], number, RegExp]>([
    [['review'], 2, /name what to review/],
    [['review', 'faces', '--collect', 'decisions.csv'], 2, /needs no DATA/],
    [['review', 'faces', '--by', 'gain'], 1, /--by gain needs to know what a network doubts/],
    [['review', 'plain', '--noise', '0.1'], 2, /--noise belongs to DATA/],
    [['review', 'faces', ...data, '--count', '351'], 1, /351 images are asked for, 350 of/],
    [['review', '--collect', 'trusted.csv'], 1, /lacks 'decision'/],
    [['audit', 'faces', '--fdr', '0'], 2, /--fdr: '0' is not a number above 0/],
    [['audit', 'faces', '--folds', '1'], 2, /--folds: '1' is not a whole number from 2/],
    [['audit', 'faces', '--trusted', 'none.csv'], 2, /--trusted: there is no file/],
  ])('%j', async (argv, code, message) => {
    expect(await cli(...argv)).toMatchObject({ code, stderr: expect.stringMatching(message) });
  });
});

describe('selfcure train --trusted', () => {
  const train = (...more: string[]) => cli('train', 'faces', ...quick, ...more);

  test('random ones measure: they gate relabelling and correct predictions, and evaluate applies it', async () => {
    const { code, stdout } = await train('--recipe', 'cure', '--trusted', 'both.csv', '--out', 'cure');
    expect(code).toBe(0);
    expect(stdout).toMatch(/60 chosen at random measure and do not teach, 25 others teach/);
    const { trusted, parts, test: plain } = json<RunManifest>('cure/run.json');
    expect(trusted).toMatchObject({ random: 60, chosen: 25, measure: true });
    expect(parts.method).toMatchObject({
      options: { probes: 60 },
      relabel: { name: 'gated-averaged', gateProbes: 60, gateLeast: 0.5 },
    });
    expect(trusted!.gate.map(({ epoch }) => epoch)).toEqual([...new Set(trusted!.gate.map(({ epoch }) => epoch))]);
    // No verified label is edited.
    const state = decodeTrainState(bytes('cure/state.safetensors'));
    for (const { sample, label } of csvRows(read('both.csv')))
      expect(classes[state.ledger.current[Number(sample)]!]).toBe(label);

    const evaluated = async (...more: string[]): Promise<unknown> =>
      JSON.parse((await cli('evaluate', 'cure', '--json', ...more)).stdout);
    expect(await evaluated()).toMatchObject({ ...plain });
    for (const name of ['offsets', 'matrix'] as const)
      expect(await evaluated('--recalibrate', name)).toMatchObject({
        recalibrate: name,
        ...trusted!.recalibrated![name],
      });
    const kept = (await loadRecalibrations(join(folder, 'cure/model.safetensors')))!;
    expect(kept.labels).toBe(60);
    expect(applyRecalibration(kept.matrix, new Array(7).fill(1 / 7)).reduce((sum, p) => sum + p)).toBeCloseTo(1, 9);
  });

  test('few of them teach, and nothing is measured on them', async () => {
    writeFileSync(join(folder, 'few.csv'), read('trusted.csv').split('\n').slice(0, 6).join('\n'));
    const { code, stdout: said } = await cli(
      ...['train', 'faces', ...data, '--width', '0.25', '--epochs', '1', '--trusted', 'few.csv', '--out', 'few'],
    );
    expect(code).toBe(0);
    expect(said).toMatch(/5 teach; from 10 chosen at random on, those measure/);
    expect(json<RunManifest>('few/run.json').trusted).toMatchObject({ measure: false, recalibrated: null, gate: [] });
    expect(await cli('evaluate', 'few', '--recalibrate', 'offsets')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/holds no correction.*at least 10 labels/),
    });
  });

  test('recipe forward takes its matrix from verified labels, or from an audit', async () => {
    const matrixOf = (out: string): unknown =>
      (json<RunManifest>(`${out}/run.json`).parts.method.options as { loss: { transition: unknown } }).loss.transition;
    expect(await train('--recipe', 'forward')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/recipe forward needs to know.*--trusted FILE.*--transition AUDIT_DIR/),
    });
    expect(await train('--recipe', 'forward', '--trusted', 'trusted.csv', '--out', 'forward')).toMatchObject({
      code: 0,
    });
    expect(matrixOf('forward')).toEqual(json<AuditFile>('trusted/audit.json').transition.matrix);
    expect(await train('--recipe', 'forward', '--transition', 'plain', '--out', 'audited')).toMatchObject({ code: 0 });
    expect(matrixOf('audited')).toEqual(json<AuditFile>('plain/audit.json').transition.matrix);
    expect(await train('--recipe', 'ce', '--transition', 'plain')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--transition belongs to recipe forward/),
    });
    // The model of a forward run can be tested again.
    expect(await cli('evaluate', 'audited')).toMatchObject({ code: 0 });
  });
});

describe('selfcure relabels import', () => {
  const clean = facesDataset({ samples: 64, seed: 1, size: 16 });
  const noisy = symmetricNoise(clean, { rate: 0.3, seed: 1 });
  const name = (label: number): string => classes[label % 7]!;
  const table = (out: string) => csvRows(read(`${out}/labels.csv`));
  /** Edits sample 2 and drops sample 5 in epoch 1, and restores sample 3 in every epoch. */
  const strategy = `export default { name: 'script', when: 'epoch', propose: ({ epoch, given }) => [
    ...(epoch === 1 ? [{ sample: 2, to: (given[2] + 1) % 7, score: 1, reason: 'edit' }, { sample: 5, to: 'drop', score: 1, reason: 'drop' }] : []),
    { sample: 3, to: 'restore', score: 1, reason: 'restore' },
    { sample: 1, to: given[1], score: 1, reason: 'back' },
  ] };`;
  const decisions = [
    `1,label,${name(noisy.labels[1]! + 2)},${name(noisy.labels[1]!)},,audit`,
    `2,keep,${name(noisy.labels[2]!)},${name(noisy.labels[2]!)},,audit`,
    `3,drop,,${name(noisy.labels[3]!)},,audit`,
  ];
  const header = 'sample,decision,label,given,suggested,choice';
  const argv = ['train', 'faces', ...tiny, '--recipe', 'ce', '--strategy', 'script.mjs'];
  /** Asked once before every step: pauses after the first epoch, of four steps. */
  const paused = (): AbortSignal => {
    let asked = 0;
    return {
      get aborted() {
        return ++asked > 5;
      },
    } as AbortSignal;
  };
  const rowsOf = (out: string): string[][] =>
    table(out)
      .slice(1, 6)
      .map(({ current, dropped }) => [current!, dropped!]);

  beforeAll(async () => {
    writeFileSync(join(folder, 'script.mjs'), strategy);
    writeFileSync(join(folder, 'import.csv'), `${[header, ...decisions].join('\n')}\n`);
    const { code } = await run([...argv, '--epochs', '3', '--out', 'a'], { cwd: folder, signal: paused() });
    expect(code).toBe(130);
  }, 60_000);

  test("takes decisions over as a person's word, once, and back again", async () => {
    const before = rowsOf('a');
    expect(before[1]).toEqual([name(noisy.labels[2]! + 1), '0']);
    const decided = [
      [name(noisy.labels[1]! + 2), '0'],
      [name(noisy.labels[2]!), '0'],
      [name(noisy.labels[3]!), '1'],
      ...before.slice(3),
    ];
    expect(await cli('relabels', 'import', 'a', 'import.csv')).toMatchObject({
      code: 0,
      stdout: '2 labels verified, 1 samples left out.\n',
    });
    expect(rowsOf('a')).toEqual(decided);
    const log = read('a/changes.jsonl');
    expect(await cli('relabels', 'import', 'a', 'import.csv')).toMatchObject({
      code: 0,
      stdout: 'Nothing to do: 3 decisions stand already.\n',
    });
    expect(read('a/changes.jsonl')).toBe(log);

    expect(await cli('relabels', 'undo', 'a', '--sample', '3')).toMatchObject({
      stdout: 'Took back the changes of 1 sample.\n',
    });
    expect(rowsOf('a')[2]).toEqual(before[2]);
    expect(await cli('relabels', 'undo', 'a', '--review')).toMatchObject({
      stdout: 'Took back the changes of 2 samples.\n',
    });
    expect(rowsOf('a')).toEqual(before);
    const { ledger } = decodeTrainState(bytes('a/state.safetensors'));
    expect(ledger.verified.every((one) => one === 0)).toBe(true);
    expect(await cli('relabels', 'undo', 'a', '--review')).toMatchObject({ stdout: 'Nothing to take back.\n' });

    // And over again; a run that goes on keeps them, whatever its strategy wants.
    await cli('relabels', 'import', 'a', 'import.csv');
    expect(rowsOf('a')).toEqual(decided);
    expect(await cli(...argv, '--epochs', '3', '--out', 'a')).toMatchObject({ code: 0 });
    expect(rowsOf('a')).toEqual(decided);
  });

  test.each<[string, RegExp]>([
    [`1,label,bored,,,audit`, /line 2: 'bored' is no class/],
    [`1,maybe,happy,,,audit`, /line 2: decision 'maybe' is not one of accept, keep, label, drop/],
    [`64,drop,,,,audit`, /line 2: '64' is no sample/],
    [
      `1,keep,${name(noisy.labels[1]! + 1)},${name(noisy.labels[1]! + 1)},,audit`,
      /line 2: sample 1 was given '.*' when it was decided on, and is given '.*' here/,
    ],
  ])('refuses %j and changes nothing', async (line, message) => {
    const before = read('a/changes.jsonl');
    writeFileSync(join(folder, 'bad.csv'), `${header}\n${line}\n`);
    expect(await cli('relabels', 'import', 'a', 'bad.csv')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(message),
    });
    expect(read('a/changes.jsonl')).toBe(before);
  });
});
