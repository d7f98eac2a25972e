import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as core from '@selfcure/core';
import { decodeSafetensors, decodeTrainState, predict } from '@selfcure/core';
import { faceAugmentation, facesDataset, symmetricNoise } from '@selfcure/data';
import { faceCnn } from '@selfcure/models';
import { reference } from '@selfcure/reference';
import { afterAll, describe, expect, test } from 'vitest';
import { loadModel, saveModel } from '../src/index.ts';
import type { RunManifest } from '../src/index.ts';
import { csvRows, run, temporaryFolder, tiny } from './run-main.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);

const read = (out: string, name: string): string => readFileSync(join(folder, out, name), 'utf8');
const manifest = (out: string): RunManifest => JSON.parse(read(out, 'run.json')) as RunManifest;
const train = (...more: string[]) => run(['train', 'faces', ...tiny, ...more], { cwd: folder });

/** The data that `tiny` stands for, made without the command line. */
const faces = facesDataset({ samples: 64, seed: 1, size: 16 });
const noisy = symmetricNoise(faces, { rate: 0.3, seed: 1 });

/** An AbortSignal that answers `aborted` from its nth question on: the loop asks once before every step. */
const abortedAtStep = (n: number): AbortSignal => {
  let asked = 0;
  return {
    get aborted() {
      return ++asked >= n;
    },
  } as AbortSignal;
};

/** Everything of a run that must not depend on how often it was interrupted. */
function essence(out: string): unknown {
  const state = decodeTrainState(new Uint8Array(readFileSync(join(folder, out, 'state.safetensors'))));
  const withoutSeconds = (log: Record<string, number>) => ({ ...log, seconds: 0 });
  return {
    labels: read(out, 'labels.csv'),
    changes: [read(out, 'changes.csv'), read(out, 'changes.jsonl')],
    history: read(out, 'history.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => withoutSeconds(JSON.parse(line) as Record<string, number>)),
    model: readFileSync(join(folder, out, 'model.safetensors')).toString('base64'),
    state: { ...state, history: state.history.map(withoutSeconds) },
    manifest: manifest(out),
  };
}

const scnOptions = [
  '--recipe',
  'scn',
  '--epochs',
  '3',
  '--relabel-epoch',
  '1',
  '--margin2',
  '0.001',
  '--val-fraction',
  '0.25',
  '--schedule',
  'cosine',
];

describe('selfcure train', () => {
  test('leaves a complete run folder', async () => {
    const { code, stdout, stderr } = await train(...scnOptions, '--seed', '3', '--out', 'a');
    expect({ code, stderr: stderr.includes('error') }).toEqual({ code: 0, stderr: false });
    expect(readdirSync(join(folder, 'a')).sort()).toEqual([
      'changes.csv',
      'changes.jsonl',
      'history.jsonl',
      'labels.csv',
      'model.safetensors',
      'report.html',
      'run.json',
      'state.safetensors',
    ]);
    expect(stdout.split('\n').filter((line) => /^epoch [123]\/3 {2}loss \d/.test(line))).toHaveLength(3);
    expect(stdout).toMatch(/Test on 20 samples of faces: accuracy \d/);

    const facts = manifest('a');
    expect(facts).toMatchObject({
      status: 'finished',
      options: { recipe: 'scn', epochs: 3, batch: 16, seed: 3, noise: 0.3, relabelEpoch: 1 },
      parts: {
        model: { name: 'face-cnn' },
        method: { name: 'scn' },
        optimizer: { name: 'adam' },
        augmentation: 'random-shift+horizontal-flip',
      },
      rankMargin: 0.07,
      seeds: { run: 3, data: 1, noise: 1 },
      data: { train: { size: 48 }, validation: { size: 16 }, test: { size: 20 } },
      engine: { name: 'reference', capabilities: { precision: 'float64' } },
      progress: { epoch: 4, epochs: 3, stepsPerEpoch: 3 },
    });
    expect(facts.engine.program!.flops).toBeGreaterThan(1e6);
    expect(facts.data.givenNoise).toBeCloseTo(14 / 48, 6);
    expect(
      read('a', 'history.jsonl')
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { epoch: number }).epoch),
    ).toEqual([1, 2, 3]);
    expect(read('a', 'report.html')).toContain('<title>faces, scn, seed 3</title>');
  });

  test('labels.csv agrees with the data and with the log of changes', async () => {
    await train(...scnOptions, '--out', 'b');
    const rows = csvRows(read('b', 'labels.csv'));
    const changes = read('b', 'changes.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { sample: number; from: string; to: string; strategy: string });
    expect(changes.length).toBeGreaterThan(0);
    for (const row of rows) {
      const own = changes.filter(({ sample }) => String(sample) === row['sample']);
      expect(row['true']).toBe(faces.classes[faces.labels[Number(row['sample'])]!]);
      expect(row['changes']).toBe(String(own.length));
      expect(row['current']).toBe(own.at(-1)?.to ?? row['given']);
      expect(Number(row['p_max'])).toBeGreaterThanOrEqual(Number(row['p_given']));
      if (row['predicted'] === row['given']) expect(row['p_max']).toBe(row['p_given']);
    }
    // Every fourth sample is held out.
    expect(rows).toHaveLength(48);
    const wrong = rows.filter((row) => row['given'] !== row['true']).length;
    expect(wrong / 48).toBeCloseTo(manifest('b').data.givenNoise!, 6);
  });

  test('without validation, samples keep their numbers and noise is that of symmetricNoise', async () => {
    await train('--recipe', 'ce', '--epochs', '1', '--out', 'c');
    const rows = csvRows(read('c', 'labels.csv'));
    expect(rows.map((row) => row['given'])).toEqual(Array.from(noisy.labels, (label) => noisy.classes[label]!));
    expect(manifest('c').data.train.fingerprint).toBe(noisy.fingerprint);
  });

  test('the model file predicts what the run said, and survives saving', async () => {
    await train(...scnOptions, '--out', 'b');
    const model = await loadModel(join(folder, 'b', 'model.safetensors'));
    const evaluated = await run(['evaluate', 'b', '--json'], { cwd: folder });
    const { test: figures } = manifest('b');
    const line = JSON.parse(evaluated.stdout) as Record<string, unknown>;
    expect(line).toMatchObject({ ...figures });
    expect(figures!.confusion.flat().reduce((sum, count) => sum + count)).toBe(20);

    const copy = join(folder, 'copy', 'model.safetensors');
    await saveModel(copy, model);
    const again = await loadModel(copy);
    const backend = reference();
    const [first, second] = [
      await predict({ backend, model, data: faces }),
      await predict({ backend, model: again, data: faces }),
    ];
    expect(second).toEqual(first);
    expect(first.importance).not.toBeNull();
    const { arrays, metadata } = decodeSafetensors(new Uint8Array(readFileSync(copy)));
    expect(arrays['conv1/filter']!.shape).toEqual([5, 5, 1, 8]);
    expect(metadata).toMatchObject({ format: 'selfcure-model-1', classes: JSON.stringify(faces.classes) });
  });

  test('--json prints one object a line and nothing else', async () => {
    const { stdout } = await train('--epochs', '2', '--json', '--out', 'd');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string });
    expect(lines.map(({ event }) => event)).toEqual(['start', 'epoch', 'epoch', 'end']);
    expect(lines.at(-1)).toMatchObject({ status: 'finished', test: { size: 20 } });
  });

  test('a terminal sees a bar on stderr, a file sees none', async () => {
    let bar = '';
    const stderr = { isTTY: true, columns: 100, write: (text: string) => (bar += text) };
    const seen = await run(['train', 'faces', ...tiny, '--epochs', '1', '--out', 'bar'], { cwd: folder, stderr });
    expect(bar).toMatch(/epoch 1\/1 \[[=-]+\] step \d\/4 {2}loss \d\.\d{4} {2}.* left/);
    expect(seen.stdout).toMatch(/^epoch 1\/1 {2}loss /);
    expect((await train('--epochs', '1', '--out', 'no-bar')).stderr).not.toContain('[=');
  });

  test('a warning of the run is shown, counted as an event and kept', async () => {
    // Every label becomes class 0: the noise rises and one class swallows the others.
    const strategy = join(folder, 'swallow.mjs');
    writeFileSync(
      strategy,
      "export default { name: 'swallow', when: 'epoch', propose: (rows) => Array.from(rows.samples, (sample) => ({ sample, to: 0, score: 1, reason: 'all' })) };",
    );
    const { stdout, stderr } = await train(
      '--recipe',
      'ce',
      '--epochs',
      '2',
      '--strategy',
      strategy,
      '--json',
      '--out',
      'e',
    );
    expect(stderr).toMatch(/warning epoch 1: relabelling raised the share of wrong labels/);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; code?: string });
    expect(events.flatMap(({ event, code }) => (event === 'warning' ? [code] : []))).toEqual([
      'relabel-feedback',
      'largest-class',
    ]);
    expect(manifest('e').warnings.map(({ code }) => code)).toEqual(['relabel-feedback', 'largest-class']);
    const angry = faces.labels.filter((label) => label === 0).length;
    expect(manifest('e').relabelling).toMatchObject({ noiseAfter: (64 - angry) / 64 });
  });

  test.each([
    ['export const other = 1;', /has no default export/],
    ['export default 7;', /default export is a number/],
    ["export default { name: 'x', when: 'later', propose() {} };", /neither 'step' nor 'epoch'/],
    ['export default {', /does not load/],
  ])('a strategy module %j is refused', async (text, message) => {
    const strategy = join(folder, `bad-${text.length}.mjs`);
    writeFileSync(strategy, text);
    const { code, stderr } = await train('--strategy', strategy, '--out', 'f');
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
    expect(existsSync(join(folder, 'f', 'run.json'))).toBe(false);
  });

  test('a factory of defineRelabel is a strategy', async () => {
    const strategy = join(folder, 'factory.mjs');
    // What defineRelabel gives: a function that carries its name and defaults.
    writeFileSync(
      strategy,
      "export default Object.assign(() => ({ name: 'none', when: 'epoch', propose: () => [] }), { strategyName: 'none', defaults: {} });",
    );
    expect((await train('--epochs', '1', '--strategy', strategy, '--out', 'g')).code).toBe(0);
    expect(manifest('g').parts.method.relabel).toMatchObject({ name: 'none' });
  });

  test('a run whose loss is no number ends with code 1 and keeps its last finished epoch', async () => {
    const { code, stderr } = await run(
      [
        'train',
        'faces',
        ...tiny.slice(2),
        '--recipe',
        'ce',
        '--optimizer',
        'sgd',
        '--lr',
        '100',
        '--weight-decay',
        '1',
        '--epochs',
        '30',
        '--out',
        'h',
      ],
      { cwd: folder },
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/(no numbers|not a number).*The last finished epoch is in/);
    expect(manifest('h').status).toBe('non-finite');
    expect(manifest('h').progress.step).toBe(0);
  });
});

describe('recipes and engines', () => {
  test.each([
    ['gce', [], 'generalized-cross-entropy'],
    ['small-loss', ['--rate', '0.25', '--relabel-epoch', '2'], 'cross-entropy'],
  ])('%s trains, and its model file predicts what the run said', async (recipe, more, loss) => {
    const out = `recipe-${recipe}`;
    expect((await train('--recipe', recipe, ...more, '--epochs', '2', '--out', out)).code).toBe(0);
    expect(manifest(out).parts.method).toMatchObject({ name: recipe, options: { loss: { name: loss } } });
    const evaluated = await run(['evaluate', out, '--json'], { cwd: folder });
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ ...manifest(out).test });
  });

  test('small-loss leaves the named share of the samples out from its start on', async () => {
    await train('--recipe', 'small-loss', '--rate', '0.25', '--relabel-epoch', '2', '--epochs', '2', '--out', 'kept');
    const { method } = manifest('kept').parts;
    expect(JSON.stringify(method.options)).toContain('"rate":0.25,"start":2');
  });

  test('--shards is that of train(): the losses of its own shards', async () => {
    await train('--recipe', 'ce', '--shards', '2', '--epochs', '2', '--out', 'shards');
    const losses = read('shards', 'history.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { loss: number }).loss);
    const direct = async (shards: number): Promise<number[]> => {
      const { history } = await core.train({
        backend: reference(),
        model: faceCnn({ classes: 7, size: 16, width: 0.25 }),
        recipe: core.ce(),
        data: noisy,
        epochs: 2,
        batchSize: 16,
        shards,
        optimizer: core.adam({ learningRate: core.constant(1e-3), weightDecay: 0 }),
        augmentation: faceAugmentation(),
      });
      return history.series('loss') as number[];
    };
    expect(losses).toEqual(await direct(2));
    expect(losses).not.toEqual(await direct(1));
    expect(manifest('shards').options).toMatchObject({ shards: 2, device: null });
  });

  test('--threads decides no number, so a run goes on with others', async () => {
    const first = await run(
      ['train', 'faces', ...tiny.slice(2), '--backend', 'wasm', '--threads', '2', '--epochs', '1', '--out', 'threads'],
      { cwd: folder },
    );
    expect(first.code).toBe(0);
    const again = await run(
      ['train', 'faces', ...tiny.slice(2), '--backend', 'wasm', '--epochs', '1', '--out', 'threads'],
      { cwd: folder },
    );
    expect(again.stdout).toMatch(/^Finished already/);
    expect(JSON.stringify(manifest('threads').engine.capabilities)).toContain('"threads":2');
  });
});

describe('going on', () => {
  test.each([1, 5, 9])('a run interrupted before step %i ends as if it had not been', async (step) => {
    await train(...scnOptions, '--out', 'whole');
    const out = `part-${step}`;
    const first = await run(['train', 'faces', ...tiny, ...scnOptions, '--out', out], {
      cwd: folder,
      signal: abortedAtStep(step),
    });
    expect(first.code).toBe(130);
    expect(first.stderr).toMatch(/Paused in epoch \d of 3 after step \d.*The same command goes on/);
    expect(manifest(out).status).toBe('paused');
    const second = await train(...scnOptions, '--out', out, '--resume');
    expect({ code: second.code, note: /Going on from epoch \d, step \d/.test(second.stderr) }).toEqual({
      code: 0,
      note: true,
    });
    // Three steps an epoch: what was finished is not done again.
    expect(second.stdout).toMatch(new RegExp(`^epoch ${Math.ceil(step / 3)}/3 `));
    expect(essence(out)).toEqual(essence('whole'));
  });

  test('a finished run says so and does nothing; --force starts anew', async () => {
    await train('--epochs', '1', '--out', 'done');
    const before = read('done', 'history.jsonl');
    const again = await train('--epochs', '1', '--out', 'done');
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Finished already/) });
    expect(read('done', 'history.jsonl')).toBe(before);
    expect((await train('--epochs', '2', '--out', 'done', '--force')).code).toBe(0);
    expect(read('done', 'history.jsonl').trimEnd().split('\n')).toHaveLength(2);
  });

  test('other options are refused by name, and nothing is touched', async () => {
    await train('--epochs', '1', '--out', 'other');
    const before = read('other', 'run.json');
    const { code, stderr } = await train('--epochs', '2', '--weight-decay', '0.1', '--out', 'other');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /--epochs \(then 1, now 2\), --weight-decay \(then 0, now 0.1\)\. Use the same options, another --out, or --force/,
    );
    expect(read('other', 'run.json')).toBe(before);
  });

  test('changed content of a labels file is refused', async () => {
    const labels = join(folder, 'changing.csv');
    writeFileSync(labels, 'sample,label\n0,sad\n');
    await train('--epochs', '1', '--labels', labels, '--out', 'changing');
    writeFileSync(labels, 'sample,label\n0,fear\n');
    const { code, stderr } = await train('--epochs', '1', '--labels', labels, '--out', 'changing');
    expect(code).toBe(2);
    expect(stderr).toMatch(/--labels \(then a file with other content/);
  });
});

describe('--labels', () => {
  const withLabels = (text: string, ...more: string[]) => {
    const file = join(folder, 'labels.csv');
    writeFileSync(file, text);
    return run(
      [
        'train',
        'faces',
        ...tiny.slice(0, -2),
        '--epochs',
        '1',
        '--recipe',
        'ce',
        '--labels',
        file,
        '--force',
        '--out',
        'l',
        ...more,
      ],
      { cwd: folder },
    );
  };

  test('replaces the labels it names, by class name or index', async () => {
    const to = (sample: number): number => (faces.labels[sample]! + 1) % 7;
    expect((await withLabels(`note,label,sample\nx,${faces.classes[to(5)]},5\ny,${to(9)},9\n`)).code).toBe(0);
    const given = csvRows(read('l', 'labels.csv')).map((row) => row['given']);
    const expected = Array.from(faces.labels, (label, i) => faces.classes[i === 5 || i === 9 ? to(i) : label]);
    expect(given).toEqual(expected);
    expect(manifest('l').data).toMatchObject({ relabelledByFile: 2, givenNoise: 2 / 64 });
  });

  test.each<[string, RegExp]>([
    ['', /the file is empty/],
    ['sample,class\n1,sad\n', /line 1: the header 'sample,class' lacks 'label'/],
    [
      'sample,label\n1,sad\n64,sad\n',
      /line 3: '64' is no sample of the training data, which has 64 samples from 0 to 63/,
    ],
    ['sample,label\n1,sad\n\n2,glad\n', /line 4: 'glad' is no class\. Use angry, disgust/],
    ['sample,label\n1,7\n', /line 2: '7' is no class/],
    ['image,label\n1,sad\n1,happy\n', /line 3: sample 1 stands in line 2 already/],
    ['sample,label\n1,sad\n2\n', /line 3: /],
  ])('%j is refused with its line', async (text, message) => {
    const { code, stderr } = await withLabels(text);
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  });
});
