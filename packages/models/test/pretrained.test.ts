import { cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adam, ce, randomStream, train } from '@selfcure/core';
import type { Dataset } from '@selfcure/core';
import { PretrainedError, decodeQuantizedWeights } from '@selfcure/models';
import { loadDlibFace } from '@selfcure/models/node';
import { wasm } from '@selfcure/wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faceApiFolder } from './face-api.ts';

let folder: string;
const model = (name: string): string => join(folder, 'node_modules/@vladmandic/face-api', name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pretrained-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('decodeQuantizedWeights', () => {
  it('reads uint8 by scale and least value, and float32', () => {
    const bytes = new Uint8Array(2 + 8);
    bytes.set([3, 255]);
    new DataView(bytes.buffer).setFloat32(2, -1.5, true);
    new DataView(bytes.buffer).setFloat32(6, 0.25, true);
    const list = [
      {
        weights: [
          { name: 'a', shape: [2], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -1 } },
          { name: 'b/c', shape: [1, 2], dtype: 'float32' },
        ],
      },
    ];
    expect(decodeQuantizedWeights(list, bytes, 'x.bin')).toEqual({
      a: { data: Float32Array.of(0.5, 126.5), shape: [2] },
      'b/c': { data: Float32Array.of(-1.5, 0.25), shape: [1, 2] },
    });
    expect(() => decodeQuantizedWeights(list, bytes.subarray(1), 'x.bin')).toThrow(
      'x.bin has 9 bytes, its list describes 10',
    );
  });

  it.each([
    [{}, 'no list of groups'],
    [[{}], 'a group has no weights'],
    [[{ weights: [{ shape: [1] }] }], 'a weight has no name'],
    [[{ weights: [{ name: 'a', shape: [-1] }] }], "'a' has no shape"],
    [[{ weights: [{ name: 'a', shape: [1], quantization: { dtype: 'uint16' } }] }], "'a' is not stored in uint8"],
    [[{ weights: [{ name: 'a', shape: [1], quantization: { dtype: 'uint8', min: 0 } }] }], "'a' has no scale"],
    [
      [
        {
          weights: [
            { name: 'a', shape: [1] },
            { name: 'a', shape: [1] },
          ],
        },
      ],
      "'a' occurs twice",
    ],
  ])('refuses the list %j', (list, problem) => {
    expect(() => decodeQuantizedWeights(list, new Uint8Array(8), 'x.bin')).toThrow(problem);
  });
});

describe('loadDlibFace', () => {
  it('says that the package is missing, or of another version', async () => {
    const failure = loadDlibFace({ from: folder });
    await expect(failure).rejects.toThrow(PretrainedError);
    await expect(failure).rejects.toThrow(/not installed.*npm install @vladmandic\/face-api@1\.7\.15/);
    await mkdir(model('model'), { recursive: true });
    await writeFile(model('package.json'), '{"version":"1.7.14"}');
    await expect(loadDlibFace({ from: folder })).rejects.toMatchObject({ code: 'wrong-version' });
  });

  it('says which file is missing, cut off or of another net', async () => {
    await mkdir(model('model'), { recursive: true });
    await writeFile(model('package.json'), '{"version":"1.7.15"}');
    await expect(loadDlibFace({ from: folder })).rejects.toMatchObject({ code: 'unreadable' });
    const files = ['face_recognition_model.bin', 'face_recognition_model-weights_manifest.json'];
    for (const file of files) await cp(join(faceApiFolder, 'model', file), model(`model/${file}`));
    await expect(loadDlibFace({ from: folder })).resolves.toMatchObject({ model: { name: 'dlib-face' } });

    const [bin, list] = files.map((file) => model(`model/${file}`)) as [string, string];
    const text = await readFile(list, 'utf8');
    await writeFile(list, text.replace('conv64_1/conv1/conv/bias', 'conv64_1/other'));
    const renamed = loadDlibFace({ from: folder });
    await expect(renamed).rejects.toMatchObject({ code: 'unmatched-names' });
    await expect(renamed).rejects.toThrow(
      'Not in the file: conv64_1/conv1/conv/bias. Not in the model: conv64_1/other',
    );
    await writeFile(list, text.replace('"shape":[7,7,3,32]', '"shape":[7,3,7,32]'));
    await expect(loadDlibFace({ from: folder })).rejects.toThrow(
      /\[7, 3, 7, 32\], model 'dlib-face' needs \[7, 7, 3, 32\]/,
    );
    await writeFile(list, text.slice(0, 1000));
    await expect(loadDlibFace({ from: folder })).rejects.toThrow(/is no JSON/);
    await writeFile(list, text);
    await truncate(bin, 6_444_031);
    await expect(loadDlibFace({ from: folder })).rejects.toThrow('has 6444031 bytes, its list describes 6444032');
  });

  it('gives versions that tell weights and options apart, not classes', async () => {
    const [a, b, c] = await Promise.all([
      loadDlibFace({ classes: 7 }),
      loadDlibFace({ classes: 8 }),
      loadDlibFace({ resolution: 120, size: 48 }),
    ]);
    expect(a.version).toContain('@vladmandic/face-api@1.7.15/face_recognition_model/');
    expect(b.version).toBe(a.version);
    expect(c.version).not.toBe(a.version);
  });

  it('is trained as a whole: every layer moves, and the loss falls', async () => {
    const face = await loadDlibFace({ classes: 2, size: 20, channels: 1, resolution: 39 });
    const { uniform } = randomStream({ seed: 1, purpose: 'pixels' });
    const pixels = Uint8Array.from({ length: 16 * 400 }, () => 256 * uniform());
    const data: Dataset = {
      name: 'noise',
      size: 16,
      classes: ['a', 'b'],
      shape: [20, 20, 1],
      labels: Int32Array.from({ length: 16 }, (_, i) => i % 2),
      fingerprint: 'noise',
      read: (ids) => Uint8Array.from(Array.from(ids).flatMap((id) => [...pixels.subarray(400 * id, 400 * id + 400)])),
    };
    const backend = await wasm();
    const run = await train({
      backend,
      data,
      recipe: ce(),
      epochs: 8,
      batchSize: 16,
      optimizer: adam({ learningRate: 1e-4 }),
      ...face,
    });
    await backend.close();
    const losses = run.history.series('loss');
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    for (const [name, first] of Object.entries(face.initialWeights)) {
      const moved = first.some((value, i) => value !== run.model.weights[name]![i]);
      expect(moved, name).toBe(!name.endsWith('conv/bias'));
    }
  });
});
