import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DataError, ferDatasetOf, readFerTable } from '@selfcure/data';
import type { FerTable } from '@selfcure/data';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ferDataset, readFerFiles } from '../src/node.ts';

interface Row {
  readonly emotion: number;
  readonly usage: 'Training' | 'PublicTest' | 'PrivateTest';
  /** Every pixel is (shade + position) mod 256. */
  readonly shade: number;
  /** neutral, happiness, surprise, sadness, anger, disgust, fear, contempt, unknown, NF */
  readonly votes: readonly number[];
}

const imageHeader = ['emotion', 'pixels', 'Usage'];
const voteHeader = 'Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF'.split(
  ',',
);
const pixelsOf = (shade: number): number[] => Array.from({ length: 2304 }, (_, i) => (shade + i) % 256);
const imageRecord = ({ emotion, usage, shade }: Row): string[] => [String(emotion), pixelsOf(shade).join(' '), usage];
const voteRecord = ({ usage, votes }: Row, i: number): string[] => [usage, `fer${i}.png`, ...votes.map(String)];
const images = (rows: readonly Row[]) => ({ name: 'fer2013.csv', records: [imageHeader, ...rows.map(imageRecord)] });
const votes = (rows: readonly Row[]) => ({ name: 'fer2013new.csv', records: [voteHeader, ...rows.map(voteRecord)] });
const tableOf = (rows: readonly Row[]): Promise<FerTable> =>
  readFerTable({ images: images(rows), votes: votes(rows), expectedRows: 1 });

async function refusal(action: () => unknown): Promise<DataError> {
  try {
    await action();
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    return error as DataError;
  }
  throw new Error('nothing was refused');
}

const train = { usage: 'Training' } as const;
const rows: Row[] = [
  { ...train, emotion: 0, shade: 0, votes: [0, 0, 0, 0, 8, 2, 0, 0, 0, 0] }, // anger by majority
  { ...train, emotion: 6, shade: 1, votes: [5, 0, 0, 5, 0, 0, 0, 0, 0, 0] }, // a tie of neutral and sadness
  { ...train, emotion: 2, shade: 2, votes: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1] }, // single votes only
  { ...train, emotion: 3, shade: 3, votes: [0, 0, 0, 0, 0, 0, 0, 7, 3, 0] }, // contempt
  { ...train, emotion: 4, shade: 4, votes: [2, 0, 0, 0, 0, 0, 0, 0, 8, 0] }, // unknown
  { ...train, emotion: 4, shade: 5, votes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 10] }, // not a face
  { ...train, emotion: 5, shade: 0, votes: [0, 9, 0, 0, 0, 0, 0, 0, 0, 1] }, // happiness; the image of row 0 again
  { ...train, emotion: 1, shade: 6, votes: [0, 0, 1, 0, 1, 5, 1, 1, 1, 0] }, // disgust: 5 of 10, but of 5 without the single votes
  { usage: 'PublicTest', emotion: 5, shade: 1, votes: [0, 0, 10, 0, 0, 0, 0, 0, 0, 0] }, // surprise; the image of row 1
  { usage: 'PublicTest', emotion: 2, shade: 7, votes: [0, 0, 4, 0, 0, 0, 6, 0, 0, 0] }, // fear
  { usage: 'PrivateTest', emotion: 3, shade: 7, votes: [0, 8, 0, 0, 0, 0, 2, 0, 0, 0] }, // happiness; the image of row 9
  { usage: 'PrivateTest', emotion: 6, shade: 8, votes: [9, 1, 0, 0, 0, 0, 0, 0, 0, 0] }, // neutral
];

describe('labels', () => {
  test("FER2013's own column", async () => {
    const data = ferDatasetOf(await tableOf(rows), { split: 'train', labels: 'fer2013' });
    expect([...data.labels]).toEqual([0, 6, 2, 3, 4, 4, 5, 1]);
    expect(data.classes).toEqual(['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral']);
    expect(data.truth).toBeUndefined();
    expect([...data.read([7, 0])]).toEqual([...pixelsOf(6), ...pixelsOf(0)]);
  });

  test("FER+'s majority, with reasons for every row left out", async () => {
    const table = await tableOf(rows);
    const data = ferDatasetOf(table, { split: 'train', labels: 'majority' });
    expect([...data.rows]).toEqual([0, 6, 7]);
    expect([...data.labels]).toEqual([0, 3, 1]);
    expect(data.summary.dropped).toEqual({ 'no-majority': 2, contempt: 1, unknown: 1, 'not-a-face': 1 });
    expect(data.summary.perClass).toEqual({ angry: 1, disgust: 1, fear: 0, happy: 1, sad: 0, surprise: 0, neutral: 0 });
    const eight = ferDatasetOf(table, { split: 'train', labels: 'majority', classes: 8 });
    expect([...eight.labels]).toEqual([0, 7, 3, 1]);
    expect(eight.classes[7]).toBe('contempt');
  });

  test('plurality under every tie policy', async () => {
    const table = await tableOf(rows);
    const label = (ties: 'drop' | 'lowest' | 'given') => {
      const data = ferDatasetOf(table, { split: 'train', labels: 'plurality', classes: 8, ties });
      return Object.fromEntries([...data.rows].map((row, i) => [row, data.labels[i]]));
    };
    expect(label('drop')).toEqual({ 0: 0, 3: 7, 4: 6, 6: 3, 7: 1 });
    expect(label('lowest')).toEqual({ 0: 0, 1: 4, 2: 0, 3: 7, 4: 6, 6: 3, 7: 1 });
    expect(label('given')).toEqual({ 0: 0, 1: 6, 2: 2, 3: 7, 4: 6, 6: 3, 7: 1 });
  });

  test('soft labels are shares of the votes for the classes in use', async () => {
    const data = ferDatasetOf(await tableOf(rows), { split: 'train', labels: 'soft', ties: 'given' });
    const row = [...data.rows].indexOf(7);
    const soft = [...data.soft!.subarray(row * 7, row * 7 + 7)];
    [1 / 8, 5 / 8, 1 / 8, 0, 0, 1 / 8, 0].forEach((share, c) => expect(soft[c]).toBeCloseTo(share, 6));
    expect(data.summary.dropped).toEqual({ 'no-votes': 2 }); // contempt and NF only
  });

  test('real noise: labels of FER2013, truth of FER+', async () => {
    const table = await tableOf(rows);
    const all = ferDatasetOf(table, { split: 'train', labels: 'fer2013', truth: 'majority' });
    expect([...all.truth!]).toEqual([0, -1, -1, -1, -1, -1, 3, 1]);
    expect(all.summary.disagreement).toEqual({ differ: 1, known: 3 });
    const known = ferDatasetOf(table, { split: 'train', labels: 'fer2013', truth: 'majority', requireTruth: true });
    expect([...known.rows]).toEqual([0, 6, 7]);
    expect(known.summary.dropped).toEqual({ 'no-truth': 5 });
  });

  test('majority agrees with a plain reading of the published rule', async () => {
    const vote = fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 10, maxLength: 10 });
    const emotions = [6, 3, 5, 4, 0, 1, 2, 7];
    await fc.assert(
      fc.asyncProperty(fc.array(vote, { minLength: 1, maxLength: 6 }), async (lists) => {
        const made = lists.map((list, i): Row => ({ ...train, emotion: 0, shade: i, votes: list }));
        const table = await tableOf([
          ...made,
          { ...train, emotion: 0, shade: 99, votes: [0, 0, 0, 0, 9, 0, 0, 0, 0, 0] },
        ]);
        const data = ferDatasetOf(table, { split: 'train', labels: 'majority', classes: 8 });
        const expected = lists.flatMap((list, row) => {
          const left = list.map((count) => (count < 2 ? 0 : count));
          const sum = left.reduce((a, b) => a + b, 0);
          const winner = left.findIndex((count) => count * 2 > sum);
          return winner >= 0 && winner < 8 ? [[row, emotions[winner]]] : [];
        });
        expect([...data.rows].map((row, i) => [row, data.labels[i]]).slice(0, -1)).toEqual(expected);
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  test('ambiguity is 0 in agreement, 1 where nobody sees an emotion, and grows with disagreement', async () => {
    const made = [
      [10, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      [9, 1, 0, 0, 0, 0, 0, 0, 0, 0],
      [5, 5, 0, 0, 0, 0, 0, 0, 0, 0],
      [5, 3, 0, 0, 0, 0, 0, 0, 2, 0],
      [0, 0, 0, 0, 0, 0, 0, 0, 4, 6],
    ].map((list, i): Row => ({ ...train, emotion: 0, shade: i, votes: list }));
    const { ambiguity } = ferDatasetOf(await tableOf(made), { split: 'train', labels: 'fer2013' });
    expect(ambiguity![0]).toBe(0);
    expect(ambiguity![2]).toBeCloseTo(1 / 3, 6); // one bit of three
    expect(ambiguity![4]).toBe(1);
    expect([...ambiguity!]).toEqual([...ambiguity!].sort((a, b) => a - b));
  });
});

describe('duplicates', () => {
  test('one copy in train; no test image that an earlier split holds', async () => {
    const table = await tableOf(rows);
    const first = ferDatasetOf(table, { split: 'train', labels: 'fer2013', repeats: 'first' });
    expect([...first.rows]).toEqual([0, 1, 2, 3, 4, 5, 7]);
    expect(first.summary.dropped).toEqual({ repeat: 1 });
    expect(first.summary.duplicates).toEqual({ groups: 3, rows: 6, conflicts: 3, twins: 0 });
    const valid = ferDatasetOf(table, { split: 'valid', labels: 'fer2013', twins: 'drop' });
    expect([...valid.rows]).toEqual([9]);
    const test = ferDatasetOf(table, { split: 'test', labels: 'fer2013', twins: 'drop' });
    expect([...test.rows]).toEqual([11]);
    expect(test.summary.dropped).toEqual({ twin: 1 });
    expect(test.summary.duplicates.twins).toBe(1);
    expect([...ferDatasetOf(table, { split: 'test', labels: 'fer2013' }).rows]).toEqual([10, 11]);
  });

  test('rows of one image form a group', async () => {
    const data = ferDatasetOf(await tableOf(rows), { split: 'train', labels: 'majority' });
    expect([...data.rows]).toEqual([0, 6, 7]);
    expect([...data.groups!]).toEqual([0, 0, 2]);
  });
});

describe('refusals name the file, the row and the remedy', () => {
  const broken = (change: (record: string[]) => void, at = 3) => {
    const source = images(rows);
    const records = source.records.map((record) => [...record]);
    change(records[at - 1]!);
    return { name: source.name, records };
  };
  const cases: readonly (readonly [code: string, row: number, change: (record: string[]) => void])[] = [
    ['bad-header', 1, (record: string[]) => void (record[0] = 'label')],
    ['bad-emotion', 3, (record: string[]) => void (record[0] = '7')],
    ['bad-emotion', 3, (record: string[]) => void (record[0] = '')],
    ['bad-usage', 3, (record: string[]) => void (record[2] = 'Test')],
    ['bad-field-count', 3, (record: string[]) => void record.pop()],
    ['bad-pixels', 3, (record: string[]) => void (record[1] = record[1]!.replace(/^\d+ /, ''))],
    ['bad-pixels', 3, (record: string[]) => void (record[1] += ' 0')],
    ['bad-pixels', 3, (record: string[]) => void (record[1] = record[1]!.replace('255', '256'))],
    ['bad-pixels', 3, (record: string[]) => void (record[1] = record[1]!.replace('255', '25.5'))],
  ];
  test.each(cases)('%s', async (code, row, change) => {
    const error = await refusal(() => readFerTable({ images: broken(change, row) }));
    expect(error).toMatchObject({ code, row, source: 'fer2013.csv' });
    expect(error.message).toContain(`fer2013.csv, row ${row}: `);
    expect(error.remedy.length).toBeGreaterThan(10);
  });

  test('votes that do not fit', async () => {
    const read = (change: (records: string[][]) => unknown) => {
      const records = votes(rows).records.map((record) => [...record]);
      change(records);
      return refusal(() => readFerTable({ images: images(rows), votes: { name: 'fer2013new.csv', records } }));
    };
    expect(await read((records) => records.pop())).toMatchObject({ code: 'row-mismatch', source: 'fer2013new.csv' });
    expect((await read((records) => records.push(records[1]!))).message).toContain('13 rows of votes beside 12');
    expect(await read((records) => (records[9]![0] = 'Training'))).toMatchObject({ code: 'row-mismatch', row: 10 });
    expect(await read((records) => (records[4]![5] = '-1'))).toMatchObject({ code: 'bad-votes', row: 5 });
    expect(await read((records) => (records[0]![3] = 'joy'))).toMatchObject({ code: 'bad-header', row: 1 });
  });

  test('options without what they need', async () => {
    const plain = await readFerTable({ images: images(rows) });
    expect(await refusal(() => ferDatasetOf(plain, { split: 'train', labels: 'majority' }))).toMatchObject({
      code: 'missing-votes',
    });
    expect(
      await refusal(() => ferDatasetOf(plain, { split: 'train', labels: 'fer2013', truth: 'majority' })),
    ).toMatchObject({ code: 'missing-votes' });
    expect(
      await refusal(() => ferDatasetOf(plain, { split: 'train', labels: 'fer2013', requireTruth: true })),
    ).toMatchObject({ source: 'requireTruth' });
    expect(await refusal(() => ferDatasetOf(plain, { split: 'dev' as 'test', labels: 'fer2013' }))).toMatchObject({
      source: 'split',
    });
    const trainOnly = await readFerTable({ images: images(rows.slice(0, 3)) });
    expect(await refusal(() => ferDatasetOf(trainOnly, { split: 'test', labels: 'fer2013' }))).toMatchObject({
      code: 'no-samples',
    });
    expect(await refusal(() => readFerTable({ images: { name: 'x.csv', records: [] } }))).toMatchObject({
      code: 'bad-header',
      source: 'x.csv',
    });
  });
});

describe('files', () => {
  let folder = '';
  const text = (records: readonly (readonly string[])[]): string =>
    records.map((record) => `${record.join(',')}\r\n`).join('');
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'selfcure-fer-'));
    await writeFile(join(folder, 'fer2013.csv'), text(images(rows).records));
    await writeFile(join(folder, 'fer2013new.csv'), text(votes(rows).records));
    await writeFile(
      join(folder, 'quoted.csv'),
      `emotion,pixels,Usage\n${rows.map((row) => `${row.emotion},"${pixelsOf(row.shade).join(' ')}",${row.usage}\n`).join('')}`,
    );
    await writeFile(join(folder, 'cut.csv'), `emotion,pixels,Usage\n0,"1 2 3`);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('a folder with both files', async () => {
    const data = await ferDataset({ folder, split: 'train', labels: 'majority' });
    expect([...data.labels]).toEqual([0, 3, 1]);
    expect([...data.read([2])]).toEqual(pixelsOf(6));
  });

  test('a table that is kept is read in place of the files until these change', async () => {
    const cache = join(folder, 'kept', 'table.safetensors');
    const own = join(folder, 'own.csv');
    await writeFile(own, text(images(rows).records));
    const files = { csv: own, votes: join(folder, 'fer2013new.csv'), cache };
    const first = await readFerFiles(files);
    expect(first).toEqual(await readFerFiles({ folder }));
    const { mtimeMs } = await stat(cache);
    expect(await readFerFiles(files)).toEqual(first);
    expect((await stat(cache)).mtimeMs).toBe(mtimeMs);
    expect((await readFerFiles({ ...files, votes: false })).votes).toBeUndefined();
    await writeFile(own, text(images(rows.slice(0, 9)).records));
    await writeFile(join(folder, 'nine.csv'), text(votes(rows.slice(0, 9)).records));
    expect((await readFerFiles({ ...files, votes: join(folder, 'nine.csv') })).size).toBe(9);
    await writeFile(cache, 'cut short');
    expect((await readFerFiles({ ...files, votes: join(folder, 'nine.csv') })).size).toBe(9);
  });

  test('files by name, quoted pixels, votes switched off', async () => {
    const table = await readFerFiles({ csv: join(folder, 'quoted.csv'), votes: join(folder, 'fer2013new.csv') });
    expect(table).toEqual(await readFerFiles({ folder }));
    expect((await readFerFiles({ folder, votes: false })).votes).toBeUndefined();
  });

  test('the fingerprint covers labels and images', async () => {
    const table = await readFerFiles({ folder });
    const prints = (['fer2013', 'plurality'] as const).map(
      (labels) => ferDatasetOf(table, { split: 'test', labels }).fingerprint,
    );
    expect(prints[0]).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(prints[1]).toBe(prints[0]); // the two rules agree on these two rows
    const other = await tableOf([...rows.slice(0, 11), { ...rows[11]!, shade: 200 }]);
    expect(ferDatasetOf(other, { split: 'test', labels: 'fer2013' }).fingerprint).not.toBe(prints[0]);
    expect(createHash('sha256').update(table.images.subarray(0, 2304)).digest('hex')).toBe(
      createHash('sha256')
        .update(Uint8Array.from(pixelsOf(0)))
        .digest('hex'),
    );
  });

  test('missing and cut files', async () => {
    expect(await refusal(() => readFerFiles({ folder: join(folder, 'nowhere') }))).toMatchObject({
      code: 'missing-file',
    });
    expect(await refusal(() => readFerFiles({ folder, votes: 'nowhere.csv' }))).toMatchObject({
      code: 'missing-file',
      source: 'nowhere.csv',
    });
    expect(await refusal(() => readFerFiles({}))).toMatchObject({ code: 'bad-option' });
    const cut = await refusal(() => readFerFiles({ csv: join(folder, 'cut.csv') }));
    expect(cut.code).toBe('malformed-csv');
    expect(cut.source).toContain('cut.csv');
  });
});
