import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors, decodeTrainState } from '@selfcure/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunManifest } from '../src/index.ts';
import { fileStore } from '../src/index.ts';
import { bundle } from './bundle.ts';
import { start } from './process.ts';
import type { Ended } from './process.ts';
import { csvRows, temporaryFolder, tiny } from './run-main.ts';

const { folder, remove } = temporaryFolder();
let cli: Awaited<ReturnType<typeof bundle>>;
let saver: Awaited<ReturnType<typeof bundle>>;
beforeAll(async () => {
  [cli, saver] = await Promise.all([
    bundle('packages/cli/src/cli.ts'),
    bundle('packages/cli/test/program/die-while-saving.ts'),
  ]);
  // Takes every label for the next one now and then, and sends its own process SIGNALS at the call number AT.
  writeFileSync(
    join(folder, 'strategy.mjs'),
    `let calls = 0;
    export default { name: 'script', when: 'step', propose: ({ samples, current }) => {
      if (++calls === Number(process.env.AT)) for (const signal of process.env.SIGNALS.split(',')) process.kill(process.pid, signal);
      return Array.from(samples).flatMap((sample, i) => sample % 5 === 0 ? [{ sample, to: (current[i] + 1) % 7, score: 1, reason: 'fifth' }] : []);
    } };`,
  );
}, 60_000);
afterAll(async () => {
  await cli?.remove();
  await saver?.remove();
  remove();
});

const options = [
  'train',
  'faces',
  ...tiny.slice(2),
  '--backend',
  'wasm',
  '--recipe',
  'scn',
  '--epochs',
  '3',
  '--strategy',
  'strategy.mjs',
];
const train = (out: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  start(cli.program, [...options, '--out', out], { cwd: folder, env });
const bytes = (out: string, name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, out, name)));
const text = (out: string, name: string): string => readFileSync(join(folder, out, name), 'utf8');
const status = (out: string): string => (JSON.parse(text(out, 'run.json')) as RunManifest).status;

/** What an interrupted run must share with one that was not. */
const essence = (out: string): unknown => ({
  files: readdirSync(join(folder, out)).sort(),
  labels: text(out, 'labels.csv'),
  changes: text(out, 'changes.csv'),
  history: text(out, 'history.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => ({ ...(JSON.parse(line) as Record<string, number>), seconds: 0 })),
  weights: Buffer.from(bytes(out, 'model.safetensors')).toString('base64'),
  manifest: text(out, 'run.json'),
});

describe('signals', () => {
  beforeAll(async () => {
    expect(await train('whole')).toMatchObject({ code: 0 });
  }, 60_000);

  test.each([
    ['SIGINT', 2],
    ['SIGTERM', 7],
  ])(
    '%s in step %i pauses after that step with code 130, and the same command goes on to the same end',
    async (signal, at) => {
      const paused = await train(signal, { SIGNALS: signal, AT: String(at) });
      expect(paused).toMatchObject({ code: 130, signal: null });
      expect(paused.stderr).toMatch(
        /Pausing after this step.*\nPaused in epoch \d of 3 after step \d.*The same command goes on from there/s,
      );
      const state = decodeTrainState(bytes(signal, 'state.safetensors'));
      // Signals arrive when the loop yields, which is not after every step.
      const done = (state.epoch - 1) * 4 + state.step;
      expect(done).toBeGreaterThanOrEqual(at);
      expect(done).toBeLessThan(12);
      expect(status(signal)).toBe('paused');
      const resumed = await train(signal);
      expect(resumed).toMatchObject({ code: 0 });
      expect(resumed.stderr).toMatch(/Going on from epoch/);
      expect(essence(signal)).toEqual(essence('whole'));
    },
  );

  test('a second Ctrl-C kills', async () => {
    expect(await train('twice', { SIGNALS: 'SIGINT,SIGINT', AT: '2' })).toMatchObject({ code: null, signal: 'SIGINT' });
  });

  test('kill -9 leaves only whole files, and the same command goes on to the same end', async () => {
    const killed = await start(cli.program, [...options, '--out', 'killed'], {
      cwd: folder,
      onOutput: (stdout, child) => {
        // The line of an epoch is printed just before its state is saved.
        if (stdout.includes('epoch 2/3')) child.kill('SIGKILL');
      },
    });
    expect(killed.signal).toBe('SIGKILL');
    expect(() => decodeTrainState(bytes('killed', 'state.safetensors'))).not.toThrow();
    expect(csvRows(text('killed', 'labels.csv'))).toHaveLength(64);
    expect(['running', 'paused']).toContain(status('killed'));
    expect(await train('killed')).toMatchObject({ code: 0 });
    expect(essence('killed')).toEqual(essence('whole'));
  });
});

test('a store that is killed in the middle of a save leaves the old file or the new one', async () => {
  const size = 1 << 25;
  const halves: number[] = [];
  for (const turns of [1, 3, 6, 10]) {
    const out = join(folder, `store-${turns}`);
    expect(await start(saver.program, [out, String(size), String(turns)], { cwd: folder })).toMatchObject({
      signal: 'SIGKILL',
    });
    const store = fileStore(out);
    const found = (await store.get('state.safetensors'))!;
    expect(found.length).toBe(size);
    expect([1, 2]).toContain(found[0]);
    expect(Buffer.compare(found, new Uint8Array(size).fill(found[0]!))).toBe(0);
    // The half file lies beside it under another name until the next run sweeps.
    for (const name of readdirSync(out)) if (name !== 'state.safetensors') halves.push(statSync(join(out, name)).size);
    await store.sweep();
    expect(readdirSync(out)).toEqual(['state.safetensors']);
  }
  // Otherwise no kill came in the middle, and this has tested nothing.
  expect(halves.some((length) => length < size)).toBe(true);
});

test('fileStore keeps to its folder and knows what is missing', async () => {
  const store = fileStore(join(folder, 'store'));
  expect(await store.get('nothing')).toBeNull();
  await expect(async () => store.set('../outside', 'x')).rejects.toThrow(/leads out of the folder/);
  await store.set('deep/er', 'first');
  await store.set('deep/er', 'second');
  expect(new TextDecoder().decode((await store.get('deep/er'))!)).toBe('second');
  expect(existsSync(join(folder, 'outside'))).toBe(false);
});

describe('a folder with FER2013 and FER+', () => {
  // Every class has its own shade. FER2013 calls every fourth image angry (0); the votes know better.
  const shades = [20, 50, 80, 110, 140, 170, 200];
  const votesOf = [
    [0, 0, 0, 0, 10],
    [0, 0, 0, 0, 0, 10],
    [0, 0, 0, 0, 0, 0, 10],
    [0, 10],
    [0, 0, 0, 10],
    [0, 0, 10],
    [10],
  ];
  const usages = ['Training', 'Training', 'Training', 'Training', 'PublicTest', 'PrivateTest'];
  const rows = Array.from({ length: 168 }, (_, i) => ({
    usage: usages[i % 6]!,
    truth: (i * 5) % 7,
    emotion: i % 4 === 0 ? 0 : (i * 5) % 7,
    i,
  }));
  beforeAll(() => {
    const pixels = (truth: number, i: number): string =>
      Array.from({ length: 48 * 48 }, (_, k) => (k === 0 ? i : shades[truth]! + ((k * (i + 1)) % 23))).join(' ');
    const csv = rows.map(({ usage, truth, emotion, i }) => `${emotion},${pixels(truth, i)},${usage}`);
    const votes = rows.map(
      ({ usage, truth, i }) =>
        `${usage},fer${i}.png,${Array.from({ length: 10 }, (_, k) => votesOf[truth]![k] ?? 0).join(',')}`,
    );
    return Promise.all([
      fileStore(join(folder, 'fer')).set('fer2013.csv', `emotion,pixels,Usage\n${csv.join('\n')}\n`),
      fileStore(join(folder, 'fer')).set(
        'fer2013new.csv',
        `Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n${votes.join('\n')}\n`,
      ),
      fileStore(join(folder, 'plain')).set('fer2013.csv', `emotion,pixels,Usage\n${csv.join('\n')}\n`),
    ]);
  });
  const names = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'];
  const ferOptions = ['--width', '0.25', '--batch', '16', '--epochs', '1', '--recipe', 'ce', '--no-augment'];

  test('protocol B: trains on FER2013 labels, knows the truth of the votes, tests on their majority', async () => {
    const ended = await start(
      cli.program,
      ['train', 'fer', '--train-labels', 'fer2013', ...ferOptions, '--out', 'fer-b'],
      { cwd: folder },
    );
    expect(ended).toMatchObject({ code: 0 });
    const table = csvRows(text('fer-b', 'labels.csv'));
    const training = rows.filter(({ usage }) => usage === 'Training');
    expect(table.map((row) => [row['sample'], row['given'], row['true']])).toEqual(
      training.map(({ i, emotion, truth }) => [String(i), names[emotion], names[truth]]),
    );
    const { data } = JSON.parse(text('fer-b', 'run.json')) as RunManifest;
    expect(data).toMatchObject({
      validation: { name: 'ferplus-majority-valid', size: 28 },
      test: { name: 'ferplus-majority-test', size: 28 },
    });
    expect(data.givenNoise).toBeCloseTo(
      training.filter(({ emotion, truth }) => emotion !== truth).length / training.length,
      9,
    );
    expect(ended.stdout).toMatch(/validation 0\.\d/);

    const other = await start(cli.program, ['evaluate', 'fer-b', 'plain', '--split', 'validation', '--json'], {
      cwd: folder,
    });
    expect(JSON.parse(other.stdout)).toMatchObject({ data: 'fer2013-valid', size: 28 });
  });

  test('--samples takes a class-proportional subset, whose labels a file names by row', async () => {
    writeFileSync(join(folder, 'rows.csv'), 'image,label\n2,neutral\n');
    const ended = await start(
      cli.program,
      [
        'train',
        'fer',
        '--train-labels',
        'fer2013',
        '--samples',
        '56',
        '--labels',
        'rows.csv',
        ...ferOptions,
        '--out',
        'fer-s',
      ],
      { cwd: folder },
    );
    expect(ended).toMatchObject({ code: 0 });
    const table = csvRows(text('fer-s', 'labels.csv'));
    expect(table).toHaveLength(56);
    for (const row of table)
      expect(row['given']).toBe(row['sample'] === '2' ? 'neutral' : names[rows[Number(row['sample'])]!.emotion]);
  });

  test('without votes there is no truth, and a file of votes is asked for where it is needed', async () => {
    expect(
      await start(cli.program, ['train', 'plain', ...ferOptions, '--out', 'fer-p'], { cwd: folder }),
    ).toMatchObject({ code: 0 });
    expect(csvRows(text('fer-p', 'labels.csv')).every((row) => row['true'] === '')).toBe(true);
    expect(decodeSafetensors(bytes('fer-p', 'model.safetensors')).metadata['classes']).toBe(JSON.stringify(names));
    const refused = await start(cli.program, ['train', 'plain', '--train-labels', 'majority', ...ferOptions], {
      cwd: folder,
    });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/votes are needed.*fer2013new\.csv/);
  });
});
