import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { arrayDataset, facesDataset } from '@selfcure/data';
import {
  csvTable,
  encodePng,
  imageFolder,
  inspectDataset,
  openFolder,
  portableDecoder,
  resizeImage,
  tableDataset,
  weakDataset,
} from '@selfcure/data/node';
import type { DecodedImage } from '@selfcure/data/node';
import { encode } from 'jpeg-js';
import { describe, expect, test } from 'vitest';

import { dataTree, png, refusal } from './data-tree.ts';

const faces = facesDataset({ samples: 12, seed: 5, size: 48 });
/** A procedural face; other seeds are other faces. */
const face = (id: number): DecodedImage => ({ width: 48, height: 48, channels: 1, data: faces.read([id]) });
const file = (id: number): Uint8Array => encodePng(face(id));
/** The same face compressed, larger or lighter: other bytes, the same look. */
const compressed = (id: number, quality = 80): Uint8Array => {
  const { data } = face(id);
  const rgba = Uint8Array.from({ length: 48 * 48 * 4 }, (_, i) => (i % 4 === 3 ? 255 : data[i >> 2]!));
  return new Uint8Array(encode({ width: 48, height: 48, data: rgba }, quality).data);
};
const larger = (id: number): Uint8Array => encodePng(resizeImage(face(id), { width: 96, height: 96 }));
const lighter = (id: number): Uint8Array =>
  encodePng({ ...face(id), data: face(id).data.map((value) => Math.min(255, value + 3)) });

describe('inspection', () => {
  test('counts, sizes, formats, repeats, contradictions and damage', async () => {
    const root = await dataTree({
      'train/happy/0.png': file(0),
      'train/happy/1.png': file(1),
      'train/happy/cut.png': file(2).subarray(0, 700),
      'train/happy/empty.jpg': '',
      'train/sad/0.png': file(0), // byte-identical, other label
      'train/sad/3.jpg': compressed(3),
      'test/happy/1.png': file(1), // byte-identical, other split
      'test/sad/3.png': larger(3), // looks alike
      'test/sad/4.png': file(4),
      'test/happy/4.png': lighter(4), // looks alike, other label
    });
    const seen: number[] = [];
    const table = await imageFolder(openFolder(root));
    const report = await inspectDataset(table, { onProgress: (done, total) => seen.push(done / total) });
    expect(report).toMatchObject({ reader: 'image-folder', source: root, size: 10, classes: ['happy', 'sad'] });
    expect(report.counts.found).toEqual({
      train: { total: 6, perClass: { happy: 4, sad: 2 } },
      test: { total: 4, perClass: { happy: 2, sad: 2 } },
    });
    expect(report.sizes).toEqual([
      { width: 48, height: 48, channels: 1, count: 6 },
      { width: 48, height: 48, channels: 3, count: 1 },
      { width: 96, height: 96, channels: 1, count: 1 },
    ]);
    expect(report.formats).toEqual({ png: 8, jpeg: 1, unknown: 1 });
    expect(report.duplicates).toMatchObject({ groups: 2, images: 4, acrossSplits: 1 });
    const places = (groups: readonly (readonly { place: string }[])[]): string[][] =>
      groups.map((group) => group.map(({ place }) => place).sort());
    expect(places(report.duplicates.listed).sort()).toEqual([
      ['test/happy/1.png', 'train/happy/1.png'],
      ['train/happy/0.png', 'train/sad/0.png'],
    ]);
    expect(places(report.nearDuplicates.listed).sort()).toEqual([
      ['test/happy/4.png', 'test/sad/4.png'],
      ['test/sad/3.png', 'train/sad/3.jpg'],
    ]);
    expect(report.conflicts).toMatchObject({ groups: 2, images: 4 });
    expect(report.conflicts.listed.map(({ kind }) => kind).sort()).toEqual(['identical', 'near']);
    expect(report.unreadable.count).toBe(2);
    expect(report.unreadable.listed.map(({ sample }) => sample.place)).toEqual([
      'train/happy/cut.png',
      'train/happy/empty.jpg',
    ]);
    expect(seen.at(-1)).toBe(1);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    const brief = await inspectDataset(table, { near: false, listed: 1 });
    expect(brief.nearDuplicates).toEqual({ groups: 0, images: 0, acrossSplits: 0, listed: [] });
    expect([brief.duplicates.groups, brief.duplicates.listed.length, brief.unreadable.listed.length]).toEqual([
      2, 1, 1,
    ]);
  });

  test('faces that differ are not alike', async () => {
    const report = await inspectDataset(facesDataset({ samples: 300, seed: 9, size: 48 }));
    expect(report.nearDuplicates.groups).toBe(0);
    expect(report.formats).toEqual({ pixels: 300 });
  });

  test('flat pictures differ by their shade', async () => {
    const shades = [0, 3, 40, 80, 120];
    const images = Uint8Array.from({ length: 5 * 64 }, (_, i) => shades[Math.floor(i / 64)]!);
    const data = arrayDataset({ images, labels: [0, 1, 0, 1, 0], classes: 2, shape: [8, 8, 1] });
    const report = await inspectDataset(data);
    expect(report.nearDuplicates.listed.map((group) => group.map(({ id }) => id))).toEqual([[0, 1]]);
    expect(report.conflicts.groups).toBe(1);
    expect((await refusal(() => inspectDataset(data, { near: { bits: 4 } }))).source).toBe('near.bits');
  });

  test('data sets of tables: order, fingerprints, refusals', async () => {
    const root = await dataTree({ 'a/1.png': file(0), 'a/2.png': file(1), 'b/1.png': file(2), 'b/2.png': file(0) });
    const table = await imageFolder(openFolder(root));
    const options = { size: 24, channels: 1 } as const;
    const data = await tableDataset(table, options);
    const all = await data.read([0, 1, 2, 3]);
    expect([...(await data.read([2, 0]))]).toEqual([...all.subarray(2 * 576, 3 * 576), ...all.subarray(0, 576)]);
    expect([...all.subarray(0, 576)]).toEqual([...resizeImage(face(0), { width: 24, height: 24 }).data]);
    expect([...data.groups!]).toEqual([0, 1, 2, 0]);
    expect(data.fingerprint).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect((await tableDataset(table, options)).fingerprint).toBe(data.fingerprint);
    const others = [
      { ...options, size: 25 },
      { ...options, filter: 'area' as const },
      { ...options, prepare: (image: DecodedImage) => image, preparation: 'nothing' },
      { ...options, identity: 'places' as const },
    ];
    const prints = await Promise.all(others.map(async (other) => (await tableDataset(table, other)).fingerprint));
    expect(new Set([...prints, data.fingerprint]).size).toBe(5);
    const changed = await dataTree({ 'a/1.png': file(0), 'a/2.png': file(1), 'b/1.png': file(3), 'b/2.png': file(0) });
    expect((await tableDataset(await imageFolder(openFolder(changed)), options)).fingerprint).not.toBe(
      data.fingerprint,
    );
    expect(await refusal(() => tableDataset(table, { ...options, split: 'train' }))).toMatchObject({ source: 'split' });
    expect(await refusal(() => tableDataset(table, { ...options, size: 0 }))).toMatchObject({ source: 'size' });
    expect(await refusal(() => tableDataset(table, { ...options, prepare: (image) => image }))).toMatchObject({
      code: 'bad-option',
    });
    expect(await refusal(() => data.read([4]))).toMatchObject({ code: 'bad-sample' });
    const cut = await dataTree({ 'a/1.png': file(0), 'b/1.png': file(2).subarray(0, 500) });
    const damaged = await tableDataset(await imageFolder(openFolder(cut)), options);
    expect(await refusal(() => damaged.read([0, 1]))).toMatchObject({ code: 'bad-image', source: 'b/1.png' });
  });
});

describe('weakly labelled sets', () => {
  const files = {
    'happy face/1.png': file(0),
    'happy face/2.png': file(1),
    'happy face/2 again.jpg': compressed(1, 90),
    'happy face/film, 7/1.png': file(5),
    'happy face/film, 7/2.png': lighter(5),
    'happy face/film, 7/3.png': file(6),
    'sad face/1.png': file(2),
    'sad face/2.png': larger(0), // also under 'happy face'
    'sad face/cut.png': file(3).subarray(0, 300),
  };

  test('keywords in, near-duplicates out, a readable set', async () => {
    const out = join(await dataTree({}), 'weak');
    const summary = await weakDataset(openFolder(await dataTree(files)), { out });
    expect(summary).toEqual({
      images: 9,
      kept: 4,
      perClass: { angry: 0, disgust: 0, fear: 0, happy: 3, sad: 1, surprise: 0, neutral: 0 },
      dropped: { 'near-duplicate': 2, conflict: 2, unreadable: 1 },
    });
    const table = await csvTable(openFolder(out));
    expect(table.samples.map(({ label }) => label).sort()).toEqual([3, 3, 3, 4]);
    const films = table.samples.filter(({ subject }) => subject === 'happy face/film, 7');
    expect(films).toHaveLength(2);
    const report = await inspectDataset(table);
    expect([report.size, report.unreadable.count, report.nearDuplicates.groups]).toEqual([4, 0, 0]);
    // Files without a crop are copied as they were; what contradicted itself was taken away again.
    const kept = await Promise.all(
      (await readdir(join(out, 'images/3-happy'))).map((name) => readFile(join(out, 'images/3-happy', name))),
    );
    const originals = [files['happy face/2.png'], files['happy face/2 again.jpg'], file(5), file(6)].map((bytes) =>
      Buffer.from(bytes).toString('hex'),
    );
    expect(kept).toHaveLength(3);
    for (const bytes of kept) expect(originals).toContain(bytes.toString('hex'));
    expect((await readFile(join(out, 'labels.csv'), 'utf8')).split('\n')[0]).toBe('path,label,subject,keyword,source');
    expect(await refusal(async () => weakDataset(openFolder(await dataTree(files)), { out }))).toMatchObject({
      code: 'bad-option',
      source: out,
    });
  });

  test('a crop may give none, one or several pictures', async () => {
    const out = join(await dataTree({}), 'weak');
    const summary = await weakDataset(
      openFolder(
        await dataTree({ 'happy face/1.png': file(0), 'happy face/2.png': file(1), 'sad face/1.png': file(2) }),
      ),
      {
        out,
        keywords: { 'happy face': 'happy', 'sad face': 'sad' },
        crop: (image, { place }) => {
          if (place === 'sad face/1.png') return [];
          const half = (left: number): DecodedImage => ({
            width: 24,
            height: 48,
            channels: 1,
            data: Uint8Array.from(
              { length: 24 * 48 },
              (_, i) => image.data[Math.floor(i / 24) * 48 + left + (i % 24)]!,
            ),
          });
          return [half(0), half(24)];
        },
      },
    );
    expect(summary).toMatchObject({ images: 3, kept: 4, dropped: { 'nothing-cropped': 1 } });
    const names = await readdir(join(out, 'images/3-happy'));
    expect(names).toHaveLength(4);
    const image = await portableDecoder().decode(await readFile(join(out, 'images/3-happy', names[0]!)), 'cut');
    expect([image.width, image.height]).toEqual([24, 48]);
    expect(existsSync(join(out, 'images/4-sad'))).toBe(false);
  });

  test('class names cannot lead out of the folder that is written', async () => {
    const out = join(await dataTree({}), 'weak');
    const folder = openFolder(await dataTree({ 'a/1.png': file(0), 'b/1.png': png(9) }));
    await weakDataset(folder, { out, classes: ['../../x', '/etc'], keywords: { a: '../../x', b: '/etc' } });
    expect((await readdir(join(out, 'images'))).sort()).toEqual(['0--x', '1--etc']);
  });
});
