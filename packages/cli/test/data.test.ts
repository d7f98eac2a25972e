import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { encodePng } from '@selfcure/data/node';
import { afterAll, describe, expect, test } from 'vitest';
import { csvRows, run, temporaryFolder } from './run-main.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);

function write(path: string, bytes: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), bytes);
}

/** A gray picture of 16 x 16 whose stripes run down for class 0 and across for class 1. */
const stripes = (label: number, seed: number): Uint8Array =>
  encodePng({
    width: 16,
    height: 16,
    channels: 1,
    data: Uint8Array.from({ length: 256 }, (_, i) => {
      const along = label === 0 ? i % 16 : Math.floor(i / 16);
      return 128 + 100 * Math.sin((along + seed) / 2) + ((i * (seed + 3)) % 13);
    }),
  });

for (const [split, count] of [
  ['train', 40],
  ['test', 12],
] as const) {
  for (const [label, name] of ['down', 'across'].entries()) {
    for (let i = 0; i < count; i++)
      write(`stripes/${split}/${name}/${i}.png`, stripes(label, i + (split === 'test' ? 100 : 0)));
  }
}
const photos = join(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')), 'demo');

describe('selfcure data inspect', () => {
  test('prints counts by class and split, and writes a page with contact sheets that loads nothing', async () => {
    const { code, stdout, stderr } = await run(['data', 'inspect', 'stripes', '--sheet', '5'], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^stripes, read as image-folder\n/);
    expect(stdout).toMatch(/across +40 +12\n/);
    expect(stdout).toMatch(/all +80 +24\n/);
    expect(stdout).toContain('104 of 16 x 16 x 1');
    const page = readFileSync(join(folder, 'runs/data-stripes/report.html'), 'utf8');
    expect(page).toContain('down: 5 of 52');
    expect(page.match(/<img src="data:image\/png;base64,/g)).toHaveLength(2);
    expect(page).not.toMatch(/<script|https?:\/\//);
  });

  test('finds duplicates across splits, contradicting labels and unreadable files', async () => {
    const same = stripes(0, 1);
    for (const path of ['train/a/1.png', 'test/a/1.png', 'train/b/9.png']) write(`bad/${path}`, same);
    write('bad/train/a/2.png', stripes(1, 7));
    write('bad/test/b/3.png', stripes(1, 2).subarray(0, 90));
    const { code, stdout } = await run(['data', 'inspect', 'bad', '--json', '--out', 'bad.html'], { cwd: folder });
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report.duplicates).toMatchObject({ groups: 1, images: 3, acrossSplits: 1 });
    expect(report.conflicts).toMatchObject({ groups: 1, images: 3 });
    expect(report.unreadable.count).toBe(1);
    const page = readFileSync(join(folder, 'bad.html'), 'utf8');
    expect(page).toContain('test/b/3.png');
    expect(page).toContain('The same picture with different labels');
  });

  test('a folder of no known layout ends with code 1 and says what was expected', async () => {
    write('nothing/readme.txt', 'x');
    const { code, stderr } = await run(['data', 'inspect', 'nothing'], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error .*nothing/);
  });
});

test('selfcure train takes any data set that is recognized, and tests on its test part', async () => {
  const options = [
    '--size',
    '16',
    '--model',
    'face-cnn',
    '--width',
    '0.25',
    '--epochs',
    '6',
    '--batch',
    '16',
    '--no-augment',
  ];
  const { code, stdout, stderr } = await run(
    ['train', 'stripes', '--recipe', 'ce', '--out', 'run', '--json', ...options],
    { cwd: folder },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events[0]).toMatchObject({ event: 'start', train: 80, validation: null, test: 24 });
  expect(events.at(-1).test.accuracy).toBeGreaterThan(0.8);
  const evaluated = await run(['evaluate', 'run', '--json'], { cwd: folder });
  expect(JSON.parse(evaluated.stdout).accuracy).toBe(events.at(-1).test.accuracy);
}, 60_000);

test('selfcure data weak keeps near-duplicates once and leaves out what two keywords share', async () => {
  write('search/happy face/1.png', stripes(0, 3));
  write('search/happy face/2.png', stripes(0, 3));
  write('search/happy face/3.png', stripes(0, 50));
  write('search/sad face/1.png', stripes(1, 11));
  write('search/sad face/2.png', stripes(0, 50));
  write('search/crying baby/1.png', stripes(1, 64));
  write('keywords.json', '{"happy face":"happy","sad face":"sad","crying baby":"sad"}');
  const argv = ['data', 'weak', 'search', '--out', 'weak', '--keywords', 'keywords.json', '--json'];
  const { code, stdout } = await run(argv, { cwd: folder });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ images: 6, kept: 3, dropped: { 'near-duplicate': 1, conflict: 2 } });
  const rows = csvRows(readFileSync(join(folder, 'weak/labels.csv'), 'utf8'));
  expect(rows.map(({ label }) => label).sort()).toEqual(['happy', 'sad', 'sad']);
  const again = await run(argv, { cwd: folder });
  expect(again).toMatchObject({ code: 2, stderr: expect.stringMatching(/not empty/) });
});

test('selfcure data faces cuts out faces and says which pictures gave none', async () => {
  for (const [label, number] of [
    ['a', 1],
    ['b', 3],
  ] as const)
    write(`photos/${label}/${number}.jpg`, readFileSync(join(photos, `sample${number}.jpg`)));
  write('photos/a/none.png', stripes(0, 0));
  const { code, stdout } = await run(
    ['data', 'faces', 'photos', '--out', 'faces', '--several', 'all', '--face-size', '48', '--json'],
    { cwd: folder },
  );
  expect(code).toBe(0);
  // Three people on each of the two photos.
  expect(JSON.parse(stdout)).toMatchObject({
    pictures: 3,
    faces: 6,
    outcomes: { 'no-face': 1, 'one-face': 0, 'several-faces': 2, unreadable: 0 },
  });
  const rows = csvRows(readFileSync(join(folder, 'faces/labels.csv'), 'utf8'));
  expect(rows.map(({ label }) => label)).toEqual(['a', 'a', 'a', 'b', 'b', 'b']);
  expect(readFileSync(join(folder, 'faces/left-out.csv'), 'utf8')).toBe('source,reason\na/none.png,no face\n');
  const inspected = await run(['data', 'inspect', 'faces/labels.csv', '--json', '--out', 'faces.html'], {
    cwd: folder,
  });
  expect(JSON.parse(inspected.stdout)).toMatchObject({
    size: 6,
    sizes: [{ width: 48, height: 48, channels: 3, count: 6 }],
  });
}, 60_000);
