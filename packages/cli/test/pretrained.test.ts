import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeSafetensors } from '@selfcure/core';
import { afterAll, describe, expect, test } from 'vitest';
import { run, temporaryFolder } from './run-main.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);

const faces = (samples: number): string[] =>
  ['train', 'faces', '--samples', String(samples), '--test-samples', '24', '--size', '24', '--batch', '16'].concat(
    '--cache',
    'cache',
  );
const events = (stdout: string): Record<string, never>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const endOf = (stdout: string): { test: Record<string, unknown> } => events(stdout).at(-1) as never;

describe('selfcure train --model dlib-face', () => {
  test('trains a linear head on frozen features, which are computed once, and leaves a network that takes pictures', async () => {
    const options = [
      ...faces(140),
      '--model',
      'dlib-face',
      '--recipe',
      'scn',
      '--epochs',
      '12',
      '--val-fraction',
      '0.25',
    ];
    const first = await run([...options, '--out', 'frozen'], { cwd: folder });
    expect(first.code, first.stderr).toBe(0);
    expect(first.stderr).toContain('Features of 105 pictures');
    expect(first.stderr).toContain('0 of them were in');
    expect(await readdir(join(folder, 'cache/features'))).toHaveLength(1);

    // The file holds the whole network: backbone, classifier, importance head.
    const { arrays, metadata } = decodeSafetensors(
      new Uint8Array(readFileSync(join(folder, 'frozen/model.safetensors'))),
    );
    expect(JSON.parse(metadata['model']!)).toMatchObject({ name: 'dlib-face', options: { size: 24, channels: 1 } });
    expect(Object.keys(arrays)).toEqual(
      expect.arrayContaining(['conv32_down/conv/filters', 'classifier/weights', 'importance/weights']),
    );

    // So evaluation on pictures, which knows nothing of features, gives the figures of the run.
    const manifest = JSON.parse(readFileSync(join(folder, 'frozen/run.json'), 'utf8'));
    expect(manifest.options).toMatchObject({ model: 'dlib-face', fineTune: false, augment: false });
    const evaluated = await run(['evaluate', 'frozen', '--json'], { cwd: folder });
    expect(evaluated.code, evaluated.stderr).toBe(0);
    expect(JSON.parse(evaluated.stdout)).toMatchObject({
      accuracy: manifest.test.accuracy,
      negativeLogLikelihood: manifest.test.negativeLogLikelihood,
    });
    // Validation of the last epoch saw features, in bytes; the whole network reads the same pictures alike.
    const history = readFileSync(join(folder, 'frozen/history.jsonl'), 'utf8').trim().split('\n');
    const onFeatures = JSON.parse(history.at(-1)!)['validation/accuracy'];
    const onPictures = JSON.parse(
      (await run(['evaluate', 'frozen', '--split', 'validation', '--json'], { cwd: folder })).stdout,
    );
    expect(Math.abs(onPictures.accuracy - onFeatures)).toBeLessThanOrEqual(1 / 35);
    // Chance is 0.14.
    expect(onFeatures).toBeGreaterThan(0.3);

    const again = await run([...options, '--out', 'again', '--seed', '1'], { cwd: folder });
    expect(again.stderr).toContain('105 of them were in');
    expect(again.stderr).toContain('35 of them were in');
  }, 300_000);

  test('goes on with a run that was paused, to the same end', async () => {
    const options = [...faces(48), '--model', 'dlib-face', '--recipe', 'cure', '--epochs', '3', '--json'];
    const whole = await run([...options, '--out', 'whole'], { cwd: folder });
    const controller = new AbortController();
    const paused = await run([...options, '--out', 'parts'], {
      cwd: folder,
      signal: controller.signal,
      stdout: {
        write: (text) => {
          if (text.includes('"epoch":1')) controller.abort();
        },
      },
    });
    expect(paused.code).toBe(130);
    const rest = await run([...options, '--out', 'parts'], { cwd: folder });
    expect(rest.code, rest.stderr).toBe(0);
    expect(endOf(rest.stdout).test).toEqual(endOf(whole.stdout).test);
  }, 300_000);

  test('--fine-tune trains all layers from the weights on', async () => {
    const options = [
      ...faces(48),
      '--model',
      'dlib-face',
      '--fine-tune',
      '--epochs',
      '1',
      '--recipe',
      'ce',
      '--out',
      'tuned',
    ];
    const { code, stderr } = await run(options, { cwd: folder });
    expect(code, stderr).toBe(0);
    const read = (name: string) =>
      decodeSafetensors(new Uint8Array(readFileSync(join(folder, name, 'model.safetensors')))).arrays[
        'conv32_down/conv/filters'
      ]!.data as Float32Array;
    const [tuned, frozen] = [read('tuned'), read('frozen')];
    const largest = tuned.reduce((most, value, i) => Math.max(most, Math.abs(value - frozen[i]!)), 0);
    expect(largest).toBeGreaterThan(0);
    // Three steps of Adam at 1e-4 move a weight by little more than 3e-4: it started from these weights.
    expect(largest).toBeLessThan(6e-4);
    const manifest = JSON.parse(readFileSync(join(folder, 'tuned/run.json'), 'utf8'));
    expect(manifest.options).toMatchObject({ fineTune: true, augment: true, lr: 1e-4 });
  }, 300_000);

  test.each([
    [['--fine-tune'], '--fine-tune belongs to model dlib-face'],
    [['--model', 'dlib-face', '--width', '0.5'], '--width belongs to models that start from drawn weights'],
  ])('%j is refused', async (more, message) => {
    const { code, stderr } = await run([...faces(48), ...more], { cwd: folder });
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });
});

describe('selfcure audit --model dlib-face', () => {
  test('judges labels by frozen features, out of fold, and looks for copies among the pictures', async () => {
    const options = ['--samples', '210', '--test-samples', '24', '--size', '24', '--noise', '0.3', '--cache', 'cache'];
    const audit = [
      'audit',
      'faces',
      ...options,
      '--model',
      'dlib-face',
      '--folds',
      '3',
      '--epochs',
      '30',
      '--lr',
      '0.01',
    ];
    const { code, stderr } = await run([...audit, '--out', 'audit'], { cwd: folder });
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('Features of 210 pictures');
    const {
      quality,
      evidence,
      options: stored,
    } = JSON.parse(readFileSync(join(folder, 'audit/audit.json'), 'utf8')) as {
      quality: { scores: { givenProbability: { auroc: number } } };
      evidence: { source: string };
      options: { fineTune: boolean };
    };
    expect(evidence.source).toMatch(/^3 networks/);
    expect(stored.fineTune).toBe(false);
    // A coin has 0.5; the features know a drawing of a face.
    expect(quality.scores.givenProbability.auroc).toBeGreaterThan(0.7);
  });
});
