import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { groupFolds } from '@selfcure/data';
import {
  afew,
  affectNet,
  ckPlus,
  datasetReaders,
  emotioNet,
  expressionOfActionUnits,
  fer2013,
  fer2013Folders,
  ferPlusFolders,
  imageFolder,
  mmi,
  openFolder,
  ouluCasia,
  rafDb,
  readDataset,
  readDataPath,
  recognizeLayout,
  sfew,
  tableDataset,
  webEmotion,
} from '@selfcure/data/node';
import type { SampleTable } from '@selfcure/data/node';
import { describe, expect, test } from 'vitest';

import { dataTree, jpeg, png, refusal } from './data-tree.ts';

const seven = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'];
const eight = [...seven, 'contempt'];

/** Class name of every sample, by the last part of its place. */
const namedLabels = ({ samples, classes }: SampleTable): Record<string, string> =>
  Object.fromEntries(samples.map(({ place, label }) => [place.slice(place.lastIndexOf('/') + 1), classes[label]!]));

describe('RAF-DB', () => {
  const list = [1, 2, 3, 4, 5, 6, 7].map((code) => `train_0000${code}.jpg ${code}`);
  const pictures = Object.fromEntries([
    ...[1, 2, 3, 4, 5, 6, 7].map((code) => [`Image/aligned/train_0000${code}_aligned.jpg`, jpeg(code)] as const),
    ['Image/aligned/test_0001_aligned.jpg', jpeg(8)] as const,
  ]);
  const tree = (lines: readonly string[], more: Record<string, string | Uint8Array> = {}): Promise<string> =>
    dataTree({ 'EmoLabel/list_patition_label.txt': lines.join('\n'), ...pictures, ...more });

  test('codes from 1, splits by name', async () => {
    const table = await rafDb(openFolder(await tree([...list, 'test_0001.jpg 4', ''])));
    expect(table.classes).toEqual(seven);
    expect(namedLabels(table)).toEqual({
      'train_00001_aligned.jpg': 'surprise',
      'train_00002_aligned.jpg': 'fear',
      'train_00003_aligned.jpg': 'disgust',
      'train_00004_aligned.jpg': 'happy',
      'train_00005_aligned.jpg': 'sad',
      'train_00006_aligned.jpg': 'angry',
      'train_00007_aligned.jpg': 'neutral',
      'test_0001_aligned.jpg': 'happy',
    });
    expect(table.samples.at(-1)!.split).toBe('test');
    const { counts } = table;
    expect(counts.complete).toBe(false);
    expect(counts.published!.splits).toMatchObject({ train: { total: 12_271 }, test: { total: 3068 } });
    expect(counts.found['train']!.total).toBe(7);
    expect(counts.differences).toContain('train, images: 7 found, 12271 published');
    const data = await tableDataset(table, { split: 'train', size: [6, 8], channels: 1 });
    expect([data.size, data.shape, data.classes]).toEqual([7, [6, 8, 1], seven]);
    expect((await data.read([0, 6])).length).toBe(96);
    // The published counts themselves add up.
    for (const { total, perClass } of Object.values(counts.published!.splits))
      expect(Object.values(perClass!).reduce((a, b) => a + b, 0)).toBe(total);
  });

  test('carriage returns, blanks, capitals, a byte-order mark, a folder above', async () => {
    const files = Object.fromEntries(
      Object.entries(pictures).map(([path, bytes]) => [
        `basic/${path.replace('Image/aligned', 'image/Aligned').replace('.jpg', '.JPG')}`,
        bytes,
      ]),
    );
    const root = await dataTree({
      'basic/EmoLabel/list_patition_label.txt': `\ufeff${list.map((line) => ` ${line.replace(' ', '  \t')}  `).join('\r\n\r\n')}\r\n`,
      ...files,
    });
    const table = await rafDb(openFolder(root));
    expect(table.samples).toHaveLength(7);
    expect(table.samples[0]).toEqual({
      place: 'basic/image/Aligned/train_00001_aligned.JPG',
      label: 5,
      split: 'train',
    });
  });

  test('what is wrong is named with its row', async () => {
    const broken = async (line: string): Promise<object> =>
      refusal(async () => rafDb(openFolder(await tree([...list, line]))));
    expect(await broken('train_00008.jpg 0')).toMatchObject({ code: 'bad-list', row: 8 });
    expect(await broken('train_00008.jpg 8')).toMatchObject({ code: 'bad-list', row: 8 });
    expect(await broken('train_00008.jpg')).toMatchObject({ code: 'bad-list', row: 8 });
    expect(await broken('dev_00008.jpg 1')).toMatchObject({ code: 'bad-list', row: 8 });
    expect(await broken('train_00003.jpg 1')).toMatchObject({ code: 'bad-list', row: 8 });
    expect(await broken('train_00099.jpg 1')).toMatchObject({ code: 'missing-file', row: 8 });
    const skipped = await rafDb(openFolder(await tree([...list, 'train_00099.jpg 1'])), { missing: 'skip' });
    expect(skipped.dropped).toEqual({ 'missing-image': 1 });
  });

  test('a wrong layout is told from the expected one', async () => {
    const none = await refusal(async () => rafDb(openFolder(await dataTree({ 'x.txt': '' }))));
    expect(none.code).toBe('wrong-layout');
    expect(none.message).toContain('there is no EmoLabel/list_patition_label.txt');
    expect(none.message).toContain('Image/aligned/train_00001_aligned.jpg');
    const unaligned = await dataTree({
      'EmoLabel/list_patition_label.txt': 'train_00001.jpg 1',
      'Image/original/train_00001.jpg': jpeg(1),
    });
    expect((await refusal(() => rafDb(openFolder(unaligned)))).message).toContain('there is no folder Image/aligned');
    expect((await rafDb(openFolder(unaligned), { images: 'original' })).samples[0]!.place).toBe(
      'Image/original/train_00001.jpg',
    );
  });
});

describe('AffectNet', () => {
  const header =
    'subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal';
  const row = (path: string, code: number): string => `${path},10,10,90,90,1.5;2.5;3.5,${code},-0.1,0.2`;
  const codes = Array.from({ length: 11 }, (_, code) => code);
  const csv = (lines: readonly string[]): Promise<string> =>
    dataTree({
      'training.csv': lines.join('\r\n'),
      'validation.csv': row('2/v.jpg', 3), // some copies come without a header
      ...Object.fromEntries(codes.map((code) => [`Manually_Annotated_Images/1/${code}.jpg`, jpeg(code)])),
      'Manually_Annotated_Images/2/v.jpg': jpeg(20),
    });
  const byCode: Record<number, string> = {
    0: 'neutral',
    1: 'happy',
    2: 'sad',
    3: 'surprise',
    4: 'fear',
    5: 'disgust',
    6: 'angry',
    7: 'contempt',
  };

  test('tables: eight codes are classes, three are not', async () => {
    const folder = openFolder(await csv([header, ...codes.map((code) => row(`1/${code}.jpg`, code))]));
    const table = await affectNet(folder, { classes: 8 });
    expect(table.classes).toEqual(eight);
    expect(namedLabels(table)).toEqual({
      ...Object.fromEntries(Object.entries(byCode).map(([code, name]) => [`${code}.jpg`, name])),
      'v.jpg': 'surprise',
    });
    expect(table.dropped).toEqual({ none: 1, uncertain: 1, 'no-face': 1 });
    expect(table.counts.published!.splits).toMatchObject({ train: { total: 287_651 }, valid: { total: 4000 } });
    const small = await affectNet(folder);
    expect(small.samples).toHaveLength(8);
    expect(small.dropped['contempt']).toBe(1);
    expect(small.counts.published!.splits).toMatchObject({ train: { total: 283_901 }, valid: { total: 3500 } });
    for (const { counts } of [table, small])
      for (const { total, perClass } of Object.values(counts.published!.splits))
        expect(Object.values(perClass!).reduce((a, b) => a + b, 0)).toBe(total);
  });

  test('rows that are wrong', async () => {
    const broken = async (line: string): Promise<object> =>
      refusal(async () => affectNet(openFolder(await csv([header, row('1/1.jpg', 1), line]))));
    expect(await broken(row('1/2.jpg', 11))).toMatchObject({ code: 'bad-list', row: 3 });
    expect(await broken(row('1/2.jpg', -1))).toMatchObject({ code: 'bad-list', row: 3 });
    expect(await broken('1/2.jpg,1,2')).toMatchObject({ code: 'bad-field-count', row: 3 });
    expect(await broken(row('1/99.jpg', 1))).toMatchObject({ code: 'missing-file', row: 3 });
    expect(await broken(row('../../training.csv', 1))).toMatchObject({ code: 'bad-path', row: 3 });
    expect(await broken('"1/2.jpg,1,2')).toMatchObject({ code: 'malformed-csv' });
    const other = await dataTree({ 'training.csv': 'a,b\n1,2' });
    expect((await refusal(() => affectNet(openFolder(other)))).message).toContain(
      'no columns subDirectory_filePath and expression',
    );
  });

  /** numpy.save(numpy.array('3')): text, as AffectNet's annotations are. */
  const text = (letter: string): Buffer => {
    const bytes = Buffer.from(
      'k05VTVBZAQB2AHsnZGVzY3InOiAnPFUxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAozAAAA',
      'base64',
    );
    bytes[bytes.length - 4] = letter.charCodeAt(0);
    return bytes;
  };
  /** numpy.save(numpy.int64(10)). */
  const ten = Buffer.from(
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoKAAAAAAAAAA==',
    'base64',
  );

  test('folders: one .npy a picture, text or number', async () => {
    const files = {
      'train_set/images/0.jpg': jpeg(1),
      'train_set/images/10.jpg': jpeg(2),
      'train_set/images/9.jpg': jpeg(3),
      'train_set/annotations/0_exp.npy': text('3'),
      'train_set/annotations/0_aro.npy': text('x'),
      'train_set/annotations/9_exp.npy': text('7'),
      'train_set/annotations/10_exp.npy': ten,
      'val_set/images/0.jpg': jpeg(4),
      'val_set/annotations/0_exp.npy': text('6'),
    };
    const table = await affectNet(openFolder(await dataTree(files)), { classes: 8 });
    expect(table.samples).toEqual([
      { place: 'train_set/images/0.jpg', label: 5, split: 'train' },
      { place: 'train_set/images/9.jpg', label: 7, split: 'train' },
      { place: 'val_set/images/0.jpg', label: 0, split: 'valid' },
    ]);
    expect(table.dropped).toEqual({ 'no-face': 1 });
    const damaged = await dataTree({ ...files, 'train_set/annotations/9_exp.npy': text('7').subarray(0, 100) });
    expect(await refusal(() => affectNet(openFolder(damaged)))).toMatchObject({
      code: 'malformed-npy',
      source: join(damaged, 'train_set/annotations/9_exp.npy'),
    });
    await rm(join(damaged, 'train_set/annotations/9_exp.npy'));
    expect(await refusal(() => affectNet(openFolder(damaged)))).toMatchObject({ code: 'missing-file' });
    expect((await affectNet(openFolder(damaged), { missing: 'skip' })).dropped).toEqual({
      'no-face': 1,
      'missing-annotation': 1,
    });
  });
});

describe('sequences', () => {
  /** CK+: two subjects, of which one has a sequence without label; Finder's files lie about. */
  const ck = {
    'cohn-kanade-images/S005/001/S005_001_00000001.png': png(1),
    'cohn-kanade-images/S005/001/S005_001_00000002.png': png(2),
    'cohn-kanade-images/S005/001/S005_001_00000010.png': png(10),
    'cohn-kanade-images/S005/001/S005_001_00000011.png': png(11),
    'cohn-kanade-images/S005/001/.DS_Store': 'x',
    'cohn-kanade-images/S010/001/S010_001_00000001.png': png(20),
    'cohn-kanade-images/S010/001/S010_001_00000002.png': png(21),
    'cohn-kanade-images/S010/002/S010_002_00000001.png': png(30),
    'cohn-kanade-images/S010/003/S010_003_00000001.png': png(40),
    'cohn-kanade-images/S010/003/S010_003_00000002.png': png(41),
    'Emotion/S005/001/S005_001_00000011_emotion.txt': '   3.0000000e+00\r\n',
    'Emotion/S010/001/S010_001_00000002_emotion.txt': '   7.0000000e+00\n',
    'Emotion/S010/002/.DS_Store': 'x',
    'Emotion/S010/003/S010_003_00000002_emotion.txt': '   2.0000000e+00\n',
  };

  test('CK+: last frames, first frame neutral, contempt, subjects', async () => {
    const folder = openFolder(await dataTree(ck));
    const table = await ckPlus(folder);
    expect(table.classes).toEqual(eight);
    expect(namedLabels(table)).toEqual({
      'S005_001_00000002.png': 'disgust',
      'S005_001_00000010.png': 'disgust',
      'S005_001_00000011.png': 'disgust',
      'S005_001_00000001.png': 'neutral',
      'S010_001_00000002.png': 'surprise',
      'S010_001_00000001.png': 'neutral',
      'S010_003_00000002.png': 'contempt',
      'S010_003_00000001.png': 'neutral',
    });
    expect(table.samples[0]).toMatchObject({ subject: 'S005', sequence: 'S005/001', split: 'all' });
    expect(table.dropped).toEqual({ 'no-emotion': 1 });
    expect(table.counts).toMatchObject({ unit: 'sequences', complete: false, subjects: 2 });
    expect(table.counts.found['all']!.total).toBe(3);
    expect(table.counts.differences).toContain('all, sequences: 3 found, 327 published');
    const { perClass, total } = table.counts.published!.splits['all']!;
    expect(Object.values(perClass!).reduce((a, b) => a + b, 0)).toBe(total);
    const one = await ckPlus(folder, { lastFrames: 1, neutral: false, classes: 7 });
    expect(namedLabels(one)).toEqual({ 'S005_001_00000011.png': 'disgust', 'S010_001_00000002.png': 'surprise' });
    expect(one.dropped).toEqual({ 'no-emotion': 1, contempt: 1 });
    const data = await tableDataset(table, { size: 4, channels: 1 });
    expect([...data.groups!]).toEqual([0, 0, 0, 0, 4, 4, 4, 4]);
    const folds = groupFolds(data, { folds: 2 });
    expect(folds.map(({ test: part }) => [...part.ids])).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
    expect([...folds[0]!.train.ids]).toEqual([4, 5, 6, 7]);
  });

  test('CK+: an emotion that is none', async () => {
    for (const emotion of ['', 'happy', '8.0', '-1', '3.5000000e+00']) {
      const root = await dataTree({ ...ck, 'Emotion/S005/001/S005_001_00000011_emotion.txt': emotion });
      expect(await refusal(() => ckPlus(openFolder(root)))).toMatchObject({
        code: 'bad-list',
        source: join(root, 'Emotion/S005/001/S005_001_00000011_emotion.txt'),
      });
    }
    const root = await dataTree({ 'cohn-kanade-images/S005/001/a.png': png(1) });
    expect((await refusal(() => ckPlus(openFolder(root)))).message).toContain('there is no folder Emotion');
  });

  test('Oulu-CASIA: camera and light, ten folds by subject', async () => {
    const people = Array.from({ length: 20 }, (_, i) => `P${String(i + 1).padStart(3, '0')}`);
    const files = people.flatMap((person, i) =>
      ['Anger', 'Happiness'].flatMap((name, k) =>
        [0, 1, 2, 3, 4].map(
          (frame) =>
            [`OriginalImg/VL/Strong/${person}/${name}/00${frame}.jpeg`, png((i * 10 + k * 5 + frame) & 255)] as const,
        ),
      ),
    );
    const root = await dataTree({
      ...Object.fromEntries(files),
      'OriginalImg/NI/Dark/P001/Fear/000.jpeg': png(1),
      'OriginalImg/NI/Dark/P001/Fear/Thumbs.db': 'x',
    });
    const table = await ouluCasia(openFolder(root));
    expect(table.samples).toHaveLength(20 * 2 * 4);
    expect(table.samples.slice(0, 4).map(({ place, label }) => [place.slice(-8), label])).toEqual([
      ['002.jpeg', 0],
      ['003.jpeg', 0],
      ['004.jpeg', 0],
      ['000.jpeg', 6],
    ]);
    expect(table.counts).toMatchObject({ subjects: 20, found: { all: { total: 40 } } });
    expect(table.counts.published).toMatchObject({ subjects: 80, splits: { all: { total: 480 } } });
    const data = await tableDataset(table, { size: 4, identity: 'places' });
    const folds = groupFolds(data);
    expect(folds).toHaveLength(10);
    // Subjects are dealt out in ascending order: the first fold tests P001 and P011.
    expect(new Set(Array.from(folds[0]!.test.ids, (id) => data.samples[id]!.subject))).toEqual(
      new Set(['P001', 'P011']),
    );
    for (const { train, test: part } of folds) expect(train.size + part.size).toBe(160);
    const other = await ouluCasia(openFolder(root), { camera: 'NI', light: 'Dark' });
    expect(other.samples).toEqual([
      {
        place: 'OriginalImg/NI/Dark/P001/Fear/000.jpeg',
        label: 2,
        split: 'all',
        subject: 'P001',
        sequence: 'P001/Fear',
      },
    ]);
    expect((await refusal(() => ouluCasia(openFolder(root), { light: 'Weak' }))).message).toContain(
      'OriginalImg/VL/Weak',
    );
  });

  const session = (emotion: string): string =>
    `<?xml version="1.0"?>\n<FacsVideo><Metatag Name="Subject" Value="53"/><Metatag  Value='${emotion}'  Name = "Emotion" /></FacsVideo>`;
  const mmiFiles = {
    'Sessions/10/session.xml': '<session/>',
    'Sessions/10/S053-001.xml': session('1'),
    'Sessions/10/S053-001.avi': 'film',
    'Sessions/10/S053-001-oao_aucs.xml': '<ActionUnits><ActionUnit Number="1"/></ActionUnits>',
    ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((frame) => [`Sessions/10/S053-001/${frame}.png`, png(frame)])),
    'Sessions/11/session.xml': '<session/>',
    'Sessions/11/S054-002.xml': '<FacsVideo><Metatag Name="Au" Value="12"/></FacsVideo>',
    'Sessions/12/session.xml': '<session/>',
    'Sessions/12/S054-003.xml': session('6'),
    'Sessions/12/S054-003.png': png(50),
    'Sessions/13/session.xml': '<session/>',
    'Sessions/13/S054-004.xml': session('9'),
    'Sessions/13/1.png': png(60),
  };

  test('MMI: emotions from session files, frames from the middle', async () => {
    const table = await mmi(openFolder(await dataTree(mmiFiles)));
    expect(table.samples.map(({ place, label, subject }) => [place, label, subject])).toEqual([
      ['Sessions/10/S053-001/3.png', 0, 'S053'],
      ['Sessions/10/S053-001/4.png', 0, 'S053'],
      ['Sessions/10/S053-001/5.png', 0, 'S053'],
      ['Sessions/10/S053-001/1.png', 6, 'S053'],
      ['Sessions/12/S054-003.png', 5, 'S054'],
    ]);
    expect(table.dropped).toEqual({ 'no-emotion': 1, 'other-emotion': 1 });
    expect(table.counts).toMatchObject({ complete: null, published: null });
  });

  test('MMI: films that were not taken apart, damaged session files', async () => {
    const films = await dataTree({
      'Sessions/10/session.xml': '<session/>',
      'Sessions/10/S053-001.xml': session('1'),
      'Sessions/10/S053-001.avi': 'film',
    });
    const error = await refusal(() => mmi(openFolder(films)));
    expect(error).toMatchObject({ code: 'no-samples' });
    expect(error.remedy).toContain('ffmpeg -i Sessions/10/S053-001.avi');
    for (const [text, code] of [
      [session('happy'), 'malformed-xml'],
      ['not xml', 'malformed-xml'],
      [Buffer.of(0xff, 0xfe, 0x00), 'bad-list'],
    ] as const) {
      const root = await dataTree({ ...mmiFiles, 'Sessions/10/S053-001.xml': text });
      expect(await refusal(() => mmi(openFolder(root)))).toMatchObject({
        code,
        source: join(root, 'Sessions/10/S053-001.xml'),
      });
    }
  });

  test('AFEW: clips as folders of frames', async () => {
    const frames = (path: string, count: number): [string, Uint8Array][] =>
      Array.from({ length: count }, (_, i) => [`${path}/${i + 1}.jpg`, png(i)]);
    const root = await dataTree({
      ...Object.fromEntries([
        ...frames('Train_AFEW/Angry/000046280', 12),
        ...frames('Train_AFEW/Neutral/003044960', 2),
        ...frames('Val_AFEW/Sad/000149120', 1),
      ]),
      'Train_AFEW/Angry/000046280.avi': 'film',
      'Val_AFEW/Sad/000149121.avi': 'film',
    });
    const table = await afew(openFolder(root), { framesPerClip: 3 });
    expect(table.samples.map(({ place, split, label }) => [place, split, label])).toEqual([
      ['Train_AFEW/Angry/000046280/3.jpg', 'train', 0],
      ['Train_AFEW/Angry/000046280/7.jpg', 'train', 0],
      ['Train_AFEW/Angry/000046280/11.jpg', 'train', 0],
      ['Train_AFEW/Neutral/003044960/1.jpg', 'train', 6],
      ['Train_AFEW/Neutral/003044960/2.jpg', 'train', 6],
      ['Val_AFEW/Sad/000149120/1.jpg', 'valid', 4],
    ]);
    expect(table.dropped).toEqual({ 'no-frames': 1 });
    expect(table.counts.found['train']!.total).toBe(2);
    for (const { total, perClass } of Object.values(table.counts.published!.splits))
      expect(Object.values(perClass!).reduce((a, b) => a + b, 0)).toBe(total);
    const films = await dataTree({ 'Train_AFEW/Angry/000046280.avi': 'film' });
    expect((await refusal(() => afew(openFolder(films)))).remedy).toContain('ffmpeg');
  });
});

test('SFEW: stills by film, frames or aligned faces', async () => {
  const root = await dataTree({
    'Train/Angry/AlexandEmma_001150240_00000013.png': png(1),
    'Train/Angry/AlexandEmma_002255514_00000007.png': png(2),
    'Train/Happy/21_Jump_000123400_00000001.png': png(3),
    'Val/Surprise/Juno_000519240_00000005.png': png(4),
    'Test/Juno_000519240_00000009.png': png(5),
  });
  const table = await sfew(openFolder(root));
  expect(table.samples.map(({ label, split, sequence }) => [label, split, sequence])).toEqual([
    [0, 'train', 'AlexandEmma'],
    [0, 'train', 'AlexandEmma'],
    [3, 'train', '21_Jump'],
    [5, 'valid', 'Juno'],
  ]);
  expect(table.counts.differences).toEqual([
    'train, images: 3 found, 958 published',
    'valid, images: 1 found, 436 published',
  ]);
  expect([...(await tableDataset(table, { split: 'train', size: 4 })).groups!]).toEqual([0, 0, 2]);
  const aligned = await dataTree({
    'Train_Aligned_Faces/Fear/Juno_000519240_00000005.png': png(1),
    'Val_Aligned_Faces_new/Sad/Juno_000519240_00000005.png': png(2),
  });
  expect((await sfew(openFolder(aligned))).samples).toHaveLength(2);
  expect((await refusal(() => sfew(openFolder(aligned), { images: 'frames' }))).code).toBe('wrong-layout');
});

describe('EmotioNet', () => {
  const line = (name: string, units: Readonly<Record<number, number>>, others = 0): string =>
    [
      `https://s3.amazonaws.com/emotionet/Images/N_1/${name}`,
      `http://elsewhere.org/${name}`,
      ...Array.from({ length: 60 }, (_, i) => units[i + 1] ?? others),
    ].join('\t');

  test('action units to expressions, addresses to files', async () => {
    const lines = [
      line('happy.jpg', { 12: 1, 25: 1 }),
      line('sad.jpg', { 4: 1, 15: 1 }),
      line('fear.jpg', { 1: 1, 4: 1, 20: 1, 25: 1 }),
      line('angry.jpg', { 4: 1, 7: 1, 24: 1 }),
      line('surprise.jpg', { 1: 1, 2: 1, 25: 1, 26: 1 }),
      line('disgust.jpg', { 9: 1, 10: 1, 17: 1 }),
      line('neutral.jpg', {}),
      line('half.jpg', { 12: 1 }),
      line('gone.jpg', { 12: 1, 25: 1 }),
      line('unknown.jpg', { 43: 0 }, 999),
    ];
    const names = ['happy', 'sad', 'fear', 'angry', 'surprise', 'disgust', 'neutral', 'half', 'unknown'];
    const root = await dataTree({
      'dataFile_0001.txt': lines.slice(0, 5).join('\r\n'),
      'dataFile_0002.txt': lines.slice(5).join('\n'),
      'readme.txt': 'not a list',
      ...Object.fromEntries(names.map((name, i) => [i % 2 ? `images/${name}.jpg` : `images/N_1/${name}.jpg`, jpeg(i)])),
    });
    const table = await emotioNet(openFolder(root));
    expect(namedLabels(table)).toEqual(Object.fromEntries(names.slice(0, 7).map((name) => [`${name}.jpg`, name])));
    expect(table.dropped).toEqual({ 'no-expression': 1, unannotated: 1, 'missing-image': 1 });
    expect(await refusal(() => emotioNet(openFolder(root), { missing: 'refuse' }))).toMatchObject({
      code: 'missing-file',
      row: 4,
    });
    const bad = await dataTree({
      'dataFile_0001.txt': `${lines[0]}\n${lines[1]!.replace(/\t0$/, '\t7')}`,
      'images/happy.jpg': jpeg(1),
    });
    expect(await refusal(() => emotioNet(openFolder(bad)))).toMatchObject({ code: 'bad-list', row: 2 });
    const short = await dataTree({ 'dataFile_0001.txt': `${lines[0]}\na\tb\t1`, 'images/happy.jpg': jpeg(1) });
    expect(await refusal(() => emotioNet(openFolder(short)))).toMatchObject({ code: 'bad-field-count', row: 2 });
    const climbing = await dataTree({
      'dataFile_0001.txt': lines[0]!.replace('N_1/happy.jpg', '../../x.jpg'),
      'images/happy.jpg': jpeg(1),
    });
    expect(await refusal(() => emotioNet(openFolder(climbing)))).toMatchObject({ code: 'bad-path', row: 1 });
  });

  test('the rule', () => {
    const all = new Set(Array.from({ length: 60 }, (_, i) => i + 1));
    const of = (...units: number[]): number | string => expressionOfActionUnits(new Set(units), all);
    expect(of(12, 25, 6)).toBe(3);
    expect(expressionOfActionUnits(new Set([12, 25, 4]), all, true)).toBe('no-expression');
    expect(expressionOfActionUnits(new Set([12, 25, 6]), all, true)).toBe(3); // cheeks belong to none of the prototypes
    expect(of(12, 25, 4, 15)).toBe('ambiguous-units');
    expect(of(43)).toBe('no-expression');
    // The twelve units of the large set: of anger and sadness one unit each is known, so they never fit.
    const twelve = new Set([1, 2, 4, 5, 6, 9, 12, 17, 20, 25, 26, 43]);
    expect(expressionOfActionUnits(new Set([4]), twelve)).toBe('no-expression');
    expect(expressionOfActionUnits(new Set([9, 17]), twelve)).toBe(1);
    expect(expressionOfActionUnits(new Set(), twelve)).toBe(6);
    expect(expressionOfActionUnits(new Set(), new Set([12, 25]))).toBe('no-expression');
    expect(expressionOfActionUnits(new Set(), new Set([4]))).toBe('unannotated');
    expect(expressionOfActionUnits(new Set([1, 25]), new Set([1, 25]))).toBe('ambiguous-units');
  });
});

describe('FER2013 and FER+', () => {
  test('the table, as samples', async () => {
    const pixels = (shade: number): string => new Array(2304).fill(shade).join(' ');
    const csv = `emotion,pixels,Usage\n0,${pixels(7)},Training\n3,${pixels(9)},PublicTest\n6,${pixels(9)},PrivateTest\n`;
    const root = await dataTree({ 'fer2013.csv': csv });
    for (const table of [await fer2013(openFolder(root)), await readDataPath(join(root, 'fer2013.csv'))]) {
      expect(table.samples.map(({ label, split }) => [label, split])).toEqual([
        [0, 'train'],
        [3, 'valid'],
        [6, 'test'],
      ]);
      expect(table.counts.differences[0]).toBe('train, images: 1 found, 28709 published');
      const stored = await table.load(1);
      expect(stored.kind === 'pixels' && stored.image.data[2303]).toBe(9);
    }
    const cut = await dataTree({ 'fer2013.csv': csv.slice(0, -30) });
    expect((await refusal(() => fer2013(openFolder(cut)))).source).toContain('fer2013.csv');
  });

  test('folders of Kaggle', async () => {
    const names = ['Angry', 'disgust', 'fear', 'happy', 'neutral', 'sad', 'surprise'];
    const root = await dataTree(
      Object.fromEntries(
        names.flatMap((name, i) => [
          [`train/${name}/Training_${i}.jpg`, png(i)],
          [`test/${name}/PublicTest_${i}.jpg`, png(100 + i)],
        ]),
      ),
    );
    const table = await fer2013Folders(openFolder(root));
    expect(table.classes).toEqual(seven);
    expect(table.samples.filter(({ split }) => split === 'train').map(({ label }) => label)).toEqual([
      0, 1, 2, 3, 6, 4, 5,
    ]);
    expect(table.counts.published!.splits['test']!.total).toBe(7178);
    for (const { total, perClass } of Object.values(table.counts.published!.splits))
      expect(Object.values(perClass!).reduce((a, b) => a + b, 0)).toBe(total);
  });

  test('folders of the FER+ script', async () => {
    const row = (name: string, votes: readonly number[]): string => `${name},"(0, 0, 48, 48)",${votes.join(',')}`;
    const root = await dataTree({
      'FER2013Train/label.csv': [
        row('fer0000000.png', [4, 0, 0, 1, 3, 2, 0, 0, 0, 0]), // 4 of the 9 that do not stand alone: no majority
        row('fer0000001.png', [0, 9, 0, 0, 1, 0, 0, 0, 0, 0]),
        row('fer0000002.png', [0, 0, 0, 0, 0, 0, 0, 8, 2, 0]),
      ].join('\r\n'),
      'FER2013Valid/label.csv': row('fer0000003.png', [0, 0, 0, 0, 0, 0, 9, 0, 0, 0]),
      ...Object.fromEntries([0, 1, 2].map((i) => [`FER2013Train/fer000000${i}.png`, png(i, 48)])),
      'FER2013Valid/fer0000003.png': png(3, 48),
    });
    const table = await ferPlusFolders(openFolder(root), { classes: 8 });
    expect(namedLabels(table)).toEqual({
      'fer0000001.png': 'happy',
      'fer0000002.png': 'contempt',
      'fer0000003.png': 'fear',
    });
    expect(table.dropped).toEqual({ 'no-majority': 1 });
    expect(table.counts.published!.splits).toEqual({
      train: { total: 25_060 },
      valid: { total: 3199 },
      test: { total: 3153 },
    });
    const most = await ferPlusFolders(openFolder(root), { labels: 'plurality' });
    expect(namedLabels(most)).toMatchObject({ 'fer0000000.png': 'neutral' });
    const bad = await dataTree({ 'FER2013Train/label.csv': row('../x.png', [0, 9, 0, 0, 0, 0, 0, 0, 0, 0]) });
    expect(await refusal(() => ferPlusFolders(openFolder(bad)))).toMatchObject({ code: 'bad-path', row: 1 });
    const votes = await dataTree({ 'FER2013Train/label.csv': row('a.png', [0, -9, 0, 0, 0, 0, 0, 0, 0, 0]) });
    expect(await refusal(() => ferPlusFolders(openFolder(votes)))).toMatchObject({ code: 'bad-list', row: 1 });
  });
});

describe('keyword folders', () => {
  const files = {
    'happy face/1.jpg': jpeg(1),
    'happy face/film-1/1.jpg': jpeg(2),
    'happy face/film-1/2.jpg': jpeg(3),
    'very_angry_person/1.jpg': jpeg(4),
  };
  test('expressions in the words of a name; frames of one film belong together', async () => {
    const table = await webEmotion(openFolder(await dataTree(files)));
    expect(table.samples).toEqual([
      { place: 'happy face/1.jpg', label: 3, split: 'all' },
      { place: 'happy face/film-1/1.jpg', label: 3, split: 'all', sequence: 'happy face/film-1' },
      { place: 'happy face/film-1/2.jpg', label: 3, split: 'all', sequence: 'happy face/film-1' },
      { place: 'very_angry_person/1.jpg', label: 0, split: 'all' },
    ]);
    expect(table.counts.complete).toBeNull();
  });
  test('words that say nothing need a mapping', async () => {
    const folder = openFolder(
      await dataTree({ ...files, 'crying baby/1.jpg': jpeg(5), 'sad but happy/1.jpg': jpeg(6) }),
    );
    expect((await refusal(() => webEmotion(folder))).message).toContain("'crying baby' names no expression");
    const keywords = { 'crying baby': 'sad', 'happy face': 'joy', very_angry_person: 0 };
    expect((await webEmotion(folder, { keywords })).samples.map(({ label }) => label)).toEqual([4, 3, 3, 3, 0]);
    expect(await refusal(() => webEmotion(folder, { keywords: { nowhere: 'sad' } }))).toMatchObject({
      code: 'bad-option',
    });
    expect(await refusal(() => webEmotion(folder, { keywords: { 'crying baby': 'loud' } }))).toMatchObject({
      code: 'bad-option',
    });
    const own = await webEmotion(folder, {
      keywords: { 'crying baby': 'cry', 'happy face': 'laugh' },
      classes: ['laugh', 'cry'],
    });
    expect([own.classes, own.samples.map(({ label }) => label)]).toEqual([
      ['laugh', 'cry'],
      [1, 0, 0, 0],
    ]);
  });
});

describe('image folders', () => {
  test('sorted as torchvision sorts, or in canonical order', async () => {
    const animals = await dataTree({
      'cat/b/2.PNG': png(1),
      'cat/a.png': png(2),
      'dog/1.png': png(3),
      'Ant/x.jpg': jpeg(1),
      'dog/notes.txt': 'x',
      'dog/._1.png': 'x',
    });
    const table = await imageFolder(openFolder(animals));
    expect(table.classes).toEqual(['Ant', 'cat', 'dog']);
    expect(table.samples.map(({ place, label }) => [place, label])).toEqual([
      ['Ant/x.jpg', 0],
      ['cat/a.png', 1],
      ['cat/b/2.PNG', 1],
      ['dog/1.png', 2],
    ]);
    const given = await imageFolder(openFolder(animals), { classes: ['dog', 'cat', 'Ant', 'cow'] });
    expect(given.samples.map(({ label }) => label)).toEqual([2, 1, 1, 0]);
    expect(await refusal(() => imageFolder(openFolder(animals), { classes: ['dog', 'cat'] }))).toMatchObject({
      source: 'classes',
    });
    const moods = openFolder(
      await dataTree({ 'train/Happiness/1.png': png(1), 'train/Sad/1.png': png(2), 'val/Sad/2.png': png(3) }),
    );
    const canonical = await imageFolder(moods);
    expect(canonical.classes).toEqual(['happy', 'sad']);
    expect(canonical.samples.map(({ label, split }) => [label, split])).toEqual([
      [0, 'train'],
      [1, 'train'],
      [1, 'valid'],
    ]);
    expect((await imageFolder(moods, { order: 'sorted' })).classes).toEqual(['Happiness', 'Sad']);
    const six = ['anger', 'disgust', 'fear', 'happy', 'sad', 'surprise'].map(
      (name, i) => [`${name}/1.png`, png(i)] as const,
    );
    expect((await imageFolder(openFolder(await dataTree(Object.fromEntries(six))))).classes).toEqual(seven);
  });

  test('folders that are none', async () => {
    expect((await refusal(async () => imageFolder(openFolder(await dataTree({ 'a.png': png(1) }))))).message).toContain(
      'no folder in it',
    );
    expect(
      (await refusal(async () => imageFolder(openFolder(await dataTree({ 'a/1.png': png(1) }))))).message,
    ).toContain('not two folders');
    expect(
      (await refusal(async () => imageFolder(openFolder(await dataTree({ 'a/1.txt': '', 'b/1.txt': '' }))))).message,
    ).toContain('no folder holds a picture');
  });
});

describe('recognition', () => {
  const units = Array.from({ length: 60 }, () => '0').join('\t');
  const trees: Record<string, Record<string, string | Uint8Array>> = {
    'raf-db': {
      'EmoLabel/list_patition_label.txt': 'train_00001.jpg 5',
      'Image/aligned/train_00001_aligned.jpg': jpeg(1),
    },
    'affect-net': { 'train_set/images/0.jpg': jpeg(1), 'train_set/annotations/x': '' },
    fer2013: { 'fer2013.csv': 'emotion,pixels,Usage' },
    'fer-plus-folders': { 'FER2013Train/label.csv': 'a' },
    'fer2013-folders': Object.fromEntries(
      seven.flatMap((name) => [
        [`train/${name}/Training_1.jpg`, png(1)],
        [`test/${name}/PublicTest_1.jpg`, png(1)],
      ]),
    ),
    'ck-plus': { 'cohn-kanade-images/S005/001/a.png': png(1), 'Emotion/S005/001/a_emotion.txt': '1' },
    mmi: { 'Sessions/1/session.xml': '<session/>' },
    'oulu-casia': { 'OriginalImg/VL/Strong/P001/Anger/000.jpeg': png(1) },
    sfew: { 'Train/Angry/Juno_000519240_00000005.png': png(1), 'Val/Sad/Juno_000519240_00000006.png': png(1) },
    afew: { 'Train_AFEW/Angry/000046280/1.jpg': png(1) },
    'emotio-net': { 'dataFile_0001.txt': `http://a/1.jpg\thttp://b/1.jpg\t${units}`, 'images/1.jpg': png(1) },
    'web-emotion': { 'happy face/1.jpg': png(1), 'sad man/1.jpg': png(2) },
    csv: { 'labels.csv': 'path,label\na.png,1', 'a.png': png(1) },
    'image-folder': { 'happy/1.jpg': png(1), 'sad/1.jpg': png(2) },
  };
  test.each(Object.keys(trees))('%s', async (name) => {
    const { reader, evidence, candidates } = await recognizeLayout(openFolder(await dataTree(trees[name]!)));
    expect(reader?.name).toBe(name);
    expect(evidence.length).toBeGreaterThan(0);
    expect(candidates.map(({ reader: { name: other } }) => other)).toEqual(datasetReaders.map((other) => other.name));
    for (const { fits, difference } of candidates) expect(fits || (difference ?? '').length > 10).toBe(true);
  });

  test('a folder of nothing known names what comes nearest', async () => {
    const root = await dataTree({ 'cohn-kanade-images/S005/001/a.png': png(1), 'notes.txt': 'x' });
    const error = await refusal(() => readDataset(openFolder(root)));
    expect(error.code).toBe('wrong-layout');
    expect(error.message).toContain('CK+, but there is no folder Emotion');
    expect((await recognizeLayout(openFolder(await dataTree({})))).reader).toBeUndefined();
  });

  test('a damaged file is a difference, not an end', async () => {
    const root = await dataTree({ 'a.parquet': 'PAR1 damaged', 'happy/1.png': png(1), 'sad/1.png': png(2) });
    const { reader, candidates } = await recognizeLayout(openFolder(root));
    expect(reader?.name).toBe('image-folder');
    expect(candidates.find(({ reader: { name } }) => name === 'parquet')!.difference).toContain('PAR1');
  });

  test('every reader says where its data come from and on what terms', () => {
    expect(new Set(datasetReaders.map(({ name }) => name)).size).toBe(16);
    for (const { title, layout, obtain, terms } of datasetReaders)
      for (const text of [title, layout.join(), obtain, terms]) expect(text.length).toBeGreaterThan(2);
  });
});
