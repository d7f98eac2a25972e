import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { facesDataset } from '@selfcure/data';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunManifest } from '../src/index.ts';
import { csvRows, run, temporaryFolder, tiny } from './run-main.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);

const { classes, labels } = facesDataset({ samples: 64, seed: 1, size: 16 });
const clean = tiny.slice(0, -2);

/** In epoch e, sample e takes the next class and sample 10 + e is dropped; in epoch 3, sample 1 moves on. */
const strategy = `export default { name: 'script', when: 'epoch', propose: ({ epoch, current }) => [
  { sample: epoch, to: (current[epoch] + 1) % 7, score: 0.5, reason: 'edit, "as told"' },
  { sample: 10 + epoch, to: 'drop', score: 0.1, reason: 'drop' },
  ...(epoch === 3 ? [{ sample: 1, to: (current[1] + 1) % 7, score: 0.9, reason: 'again' }] : []),
] };`;

const next = (sample: number, by = 1): string => classes[(labels[sample]! + by) % 7]!;
const table = (out: string) => csvRows(readFileSync(join(folder, out, 'labels.csv'), 'utf8'));
const train = (out: string) =>
  run(['train', 'faces', ...clean, '--recipe', 'ce', '--epochs', '3', '--strategy', 'script.mjs', '--out', out], {
    cwd: folder,
  });
const relabels = (...argv: string[]) => run(['relabels', ...argv], { cwd: folder });
const list = async (...argv: string[]) => {
  const { stdout } = await relabels('list', ...argv, '--json');
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};

beforeAll(async () => {
  writeFileSync(join(folder, 'script.mjs'), strategy);
  await train('a');
  for (const copy of ['b', 'c']) cpSync(join(folder, 'a'), join(folder, copy), { recursive: true });
}, 60_000);

describe('relabels list', () => {
  test('holds every change with its evidence', async () => {
    const changes = await list('a');
    expect(changes.map(({ epoch, sample, kind }) => [epoch, sample, kind])).toEqual([
      [1, 1, 'relabel'],
      [1, 11, 'drop'],
      [2, 2, 'relabel'],
      [2, 12, 'drop'],
      [3, 3, 'relabel'],
      [3, 13, 'drop'],
      [3, 1, 'relabel'],
    ]);
    expect(changes.at(-1)).toMatchObject({
      from: next(1),
      to: next(1, 2),
      score: 0.9,
      strategy: 'script',
      reason: 'again',
      importance: null,
    });
    for (const { pGiven, pMax } of changes) expect(pMax).toBeGreaterThanOrEqual(pGiven as number);
  });

  test('filters by sample, epoch and class', async () => {
    expect((await list('a', '--sample', '1')).map(({ epoch }) => epoch)).toEqual([1, 3]);
    expect((await list('a', '--epoch', '2')).map(({ sample }) => sample)).toEqual([2, 12]);
    expect((await list('a', '--epoch', '2', '--class', next(2))).map(({ sample }) => sample)).toContain(2);
    const { stdout, stderr } = await relabels('list', 'a', '--limit', '2');
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(stderr).toMatch(/5 earlier changes are not shown/);
    expect(await relabels('list', 'a', '--class', 'bored')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/'bored' is not one of angry/),
    });
    expect(await relabels('list', 'a', '--sample', '64')).toMatchObject({ code: 2 });
  });
});

describe('relabels undo', () => {
  test('--to-epoch takes later changes back in state, tables and manifest', async () => {
    expect(
      table('b')
        .filter(({ given, current }) => given !== current)
        .map(({ sample }) => sample),
    ).toEqual(['1', '2', '3']);
    expect(await relabels('undo', 'b', '--to-epoch', '1')).toMatchObject({
      code: 0,
      stdout: 'Took back the changes of 5 samples.\n',
    });
    const rows = table('b');
    expect(
      rows.filter(({ given, current }) => given !== current).map(({ sample, current }) => [sample, current]),
    ).toEqual([['1', next(1)]]);
    expect(rows.filter(({ dropped }) => dropped === '1').map(({ sample }) => sample)).toEqual(['11']);
    expect(rows[1]!['changes']).toBe('3');
    expect((await list('b')).slice(7).every(({ kind, strategy }) => kind === 'undo' && strategy === 'undo')).toBe(true);
    const { relabelling } = JSON.parse(readFileSync(join(folder, 'b', 'run.json'), 'utf8')) as RunManifest;
    expect(relabelling).toMatchObject({ edits: 1, broken: 1, dropped: 1 });
    expect(await relabels('undo', 'b', '--to-epoch', '1')).toMatchObject({
      code: 0,
      stdout: 'Nothing to take back.\n',
    });
    expect(await relabels('undo', 'b', '--to-epoch', '4')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/4 is beyond the 3 finished epochs/),
    });
  });

  test('--sample restores one sample and leaves the others', async () => {
    const before = table('c');
    expect(await relabels('undo', 'c', '--sample', '1')).toMatchObject({
      code: 0,
      stdout: 'Took back the changes of 1 sample.\n',
    });
    expect(await relabels('undo', 'c', '--sample', '12')).toMatchObject({ code: 0 });
    const after = table('c');
    expect(after[1]).toMatchObject({ current: classes[labels[1]!], changes: '3' });
    expect(after[12]).toMatchObject({ dropped: '0', changes: '2' });
    const others = (rows: Record<string, string>[]) => rows.filter((_, i) => i !== 1 && i !== 12);
    expect(others(after)).toEqual(others(before));
    expect((await list('c', '--sample', '1')).at(-1)).toMatchObject({ kind: 'restore', to: classes[labels[1]!] });
  });
});

describe('relabels export', () => {
  test('the log as CSV and JSON lines, quoted', async () => {
    const csv = (await relabels('export', 'a')).stdout;
    expect(csv.trimEnd().split('\n')).toHaveLength(8);
    expect(csv).toContain('script,"edit, ""as told"""');
    const lines = (await relabels('export', 'a', '--format', 'jsonl')).stdout.trimEnd().split('\n');
    expect(JSON.parse(lines[0]!)).toMatchObject({ sample: 1, from: classes[labels[1]!], to: next(1) });
  });

  test('--cured is a labels file that gives the next run the cured labels', async () => {
    expect((await relabels('export', 'a', '--cured', '--out', 'cured.csv')).code).toBe(0);
    const cured = csvRows(readFileSync(join(folder, 'cured.csv'), 'utf8'));
    expect(cured[1]).toEqual({ sample: '1', label: next(1, 2), given: classes[labels[1]!], dropped: '0' });
    expect(cured[13]!['dropped']).toBe('1');
    await run(
      ['train', 'faces', ...clean, '--recipe', 'ce', '--epochs', '1', '--labels', 'cured.csv', '--out', 'next'],
      { cwd: folder },
    );
    expect(table('next').map(({ given }) => given)).toEqual(cured.map(({ label }) => label));
  });
});
