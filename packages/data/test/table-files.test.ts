import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { csvTable, npzTable, openFolder, parquetTable, readDataPath, tableDataset } from '@selfcure/data/node';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';

import { checkPages } from '../src/parquet/pages.ts';
import { readThrift } from '../src/parquet/thrift.ts';
import { dataTree, jpeg, png, refusal } from './data-tree.ts';

describe('CSV', () => {
  const files = { 'images/a.png': png(1), 'images/b.PNG': png(2), 'images/sub/c.png': png(3), 'images/d.png': png(4) };
  const tree = (csv: string, name = 'labels.csv'): Promise<string> => dataTree({ ...files, [name]: csv });

  test('path, label, split and subject', async () => {
    const root = await tree(
      'id,Path,Split,Label,Subject\r\n1,images/a.png,Train,Anger,s1\r\n2,"./images/b.png",val,happiness,s2\r\n3,images\\sub\\c.png,test,sad,s1\r\n4,images/d.png,extra,ANGER,\r\n',
    );
    const table = await csvTable(openFolder(root));
    expect(table.classes).toEqual(['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral']);
    expect(table.samples).toEqual([
      { place: 'images/a.png', label: 0, split: 'train', subject: 's1' },
      { place: 'images/b.PNG', label: 3, split: 'valid', subject: 's2' },
      { place: 'images/sub/c.png', label: 4, split: 'test', subject: 's1' },
      { place: 'images/d.png', label: 0, split: 'extra' },
    ]);
    expect([...(await tableDataset(table, { size: 4 })).groups!]).toEqual([0, 1, 0, 3]);
    expect(await readDataPath(join(root, 'labels.csv'))).toMatchObject({ reader: 'csv', samples: table.samples });
  });

  test('numbers, other names, tabs, columns by choice', async () => {
    const numbers = await csvTable(
      openFolder(await tree('file\ttarget\nimages/a.png\t2\nimages/d.png\t0\n', 'list.tsv')),
    );
    expect([numbers.classes, numbers.samples.map(({ label }) => label)]).toEqual([
      ['0', '1', '2'],
      [2, 0],
    ]);
    const names = await csvTable(openFolder(await tree('path,label\nimages/a.png,dog\nimages/d.png,cat\n')));
    expect([names.classes, names.samples.map(({ label }) => label)]).toEqual([
      ['cat', 'dog'],
      [1, 0],
    ]);
    const chosen = await csvTable(openFolder(await tree('picture,label,truth\na.png,0,dog\nd.png,0,cat\n')), {
      images: 'images',
      columns: { path: 'picture', label: 'truth' },
      classes: ['dog', 'cat'],
    });
    expect(chosen.samples.map(({ place, label }) => [place, label])).toEqual([
      ['images/a.png', 0],
      ['images/d.png', 1],
    ]);
  });

  test('what is wrong is named with its row', async () => {
    const broken = async (csv: string, options = {}): Promise<object> =>
      refusal(async () => csvTable(openFolder(await tree(csv)), options));
    const head = 'path,label,split\nimages/a.png,1,train\n';
    expect(await broken(`${head}images/d.png,,train\n`)).toMatchObject({ code: 'bad-label', row: 3 });
    expect(await broken(`${head}images/d.png,-1,train\n`)).toMatchObject({ code: 'bad-label', row: 3 });
    expect(await broken(`${head}images/d.png,1.5,train\n`, { classes: ['a', 'b'] })).toMatchObject({
      code: 'bad-label',
    });
    expect(await broken(`${head}images/d.png,7,train\n`, { classes: ['a', 'b'] })).toMatchObject({
      code: 'bad-label',
      row: 3,
    });
    expect(await broken(`${head}images/d.png,1000000000,train\n`)).toMatchObject({ code: 'bad-label' });
    expect(await broken(`${head}images/d.png\n`)).toMatchObject({ code: 'bad-field-count', row: 3 });
    expect(await broken(`${head}images/x.png,1,train\n`)).toMatchObject({ code: 'missing-file', row: 3 });
    expect(await broken(`${head}../labels.csv,1,train\n`)).toMatchObject({ code: 'bad-path', row: 3 });
    expect(await broken(`${head}/etc/passwd,1,train\n`)).toMatchObject({ code: 'bad-path', row: 3 });
    expect(await broken(`${head}images/A.png,1,train\n`)).toMatchObject({ code: 'bad-label', row: 3 }); // the picture of row 2
    expect(await broken(`${head}"images/d.png,1,train\n`)).toMatchObject({ code: 'malformed-csv' });
    expect(await broken('')).toMatchObject({ code: 'wrong-layout' });
    expect(await broken('a,b\n1,2\n')).toMatchObject({ code: 'wrong-layout' });
    expect(await broken(head, { columns: { subject: 'who' } })).toMatchObject({ code: 'wrong-layout' });
    expect(await broken(head, { file: '../x.csv' })).toMatchObject({ code: 'bad-path' });
    const skipped = await csvTable(openFolder(await tree(`${head}images/x.png,1,train\n`)), { missing: 'skip' });
    expect(skipped.dropped).toEqual({ 'missing-image': 1 });
  });
});

describe('.npz', () => {
  /** numpy.savez(x_train = arange(24).reshape(2, 3, 4), y_train = [1, 0], x_test = x[:1] + 100, y_test = [[1]]) of NumPy 1.24. */
  const stored = Buffer.from(
    'UEsDBBQAAAAAAAAAIQBErVeCmAAAAJgAAAALABQAeF90cmFpbi5ucHkBABAAmAAAAAAAAACYAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJ3x1MScsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCAzLCA0KSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAAECAwQFBgcICQoLDA0ODxAREhMUFRYXUEsDBBQAAAAAAAAAIQBx+zmrkAAAAJAAAAALABQAeV90cmFpbi5ucHkBABAAkAAAAAAAAACQAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxpOCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAQAAAAAAAAAAAAAAAAAAAFBLAwQUAAAAAAAAACEAzJyTEowAAACMAAAACgAUAHhfdGVzdC5ucHkBABAAjAAAAAAAAACMAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJ3x1MScsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgxLCAzLCA0KSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKZGVmZ2hpamtsbW5vUEsDBBQAAAAAAAAAIQAaZoKwgQAAAIEAAAAKABQAeV90ZXN0Lm5weQEAEACBAAAAAAAAAIEAAAAAAAAAk05VTVBZAQB2AHsnZGVzY3InOiAnfHUxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDEsIDEpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBUEsBAhQDFAAAAAAAAAAhAEStV4KYAAAAmAAAAAsAAAAAAAAAAAAAAIABAAAAAHhfdHJhaW4ubnB5UEsBAhQDFAAAAAAAAAAhAHH7OauQAAAAkAAAAAsAAAAAAAAAAAAAAIAB1QAAAHlfdHJhaW4ubnB5UEsBAhQDFAAAAAAAAAAhAMyckxKMAAAAjAAAAAoAAAAAAAAAAAAAAIABogEAAHhfdGVzdC5ucHlQSwECFAMUAAAAAAAAACEAGmaCsIEAAACBAAAACgAAAAAAAAAAAAAAgAFqAgAAeV90ZXN0Lm5weVBLBQYAAAAABAAEAOIAAAAnAwAAAAA=',
    'base64',
  );
  /** numpy.savez_compressed(images = stack of three such x in the last axis, labels = array([0, 2], '>i4')). */
  const deflated = Buffer.from(
    'UEsDBBQAAAAIAAAAIQDWoruQkwAAAMgAAAAKABQAaW1hZ2VzLm5weQEAEADIAAAAAAAAAJMAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgXlNqqK6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjoKxjoKJkBSU0ehVoEMwMXAwMDIyMjExMTMzMzCwsLKysrGxsbOzs7BwcHJycnFxcXNzc3Dw8PLy8vHx8fPzy8gICAoKCgkJCQsLCwiIiIqKiomJiYuLg4AUEsDBBQAAAAIAAAAIQCwjCgjSAAAAIgAAAAKABQAbGFiZWxzLm5weQEAEACIAAAAAAAAAEgAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpdpoq6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjqaOgq1ChQALgYIYAIAUEsBAhQDFAAAAAgAAAAhANaiu5CTAAAAyAAAAAoAAAAAAAAAAAAAAIABAAAAAGltYWdlcy5ucHlQSwECFAMUAAAACAAAACEAsIwoI0gAAACIAAAACgAAAAAAAAAAAAAAgAHPAAAAbGFiZWxzLm5weVBLBQYAAAAAAgACAHAAAABTAQAAAAA=',
    'base64',
  );

  test('arrays of numpy.savez', async () => {
    const root = await dataTree({ 'faces.npz': stored });
    const table = await npzTable(openFolder(root), { classes: ['no', 'yes'] });
    expect(table.samples).toEqual([
      { place: 'faces.npz, x_train.npy row 1', label: 1, split: 'train' },
      { place: 'faces.npz, x_train.npy row 2', label: 0, split: 'train' },
      { place: 'faces.npz, x_test.npy row 1', label: 1, split: 'test' },
    ]);
    expect(await table.load(1)).toEqual({
      kind: 'pixels',
      image: { width: 4, height: 3, channels: 1, data: Uint8Array.from({ length: 12 }, (_, i) => 12 + i) },
    });
    const data = await tableDataset(table, { split: 'test', size: [3, 4], channels: 1 });
    expect([...(await data.read([0]))]).toEqual(Array.from({ length: 12 }, (_, i) => 100 + i));
    expect(await readDataPath(join(root, 'faces.npz'))).toMatchObject({ reader: 'npz', classes: ['0', '1'] });
  });

  test('colour arrays of numpy.savez_compressed, labels in big endian', async () => {
    const table = await npzTable(openFolder(await dataTree({ 'a.npz': deflated })));
    expect([table.classes, table.samples.map(({ label }) => label)]).toEqual([
      ['0', '1', '2'],
      [0, 2],
    ]);
    const image = await table.load(0);
    expect(image.kind === 'pixels' && [...image.image.data]).toEqual(
      Array.from({ length: 36 }, (_, i) => Math.floor(i / 3)),
    );
  });

  test('arrays of other types and shapes', async () => {
    const changed = async (from: string, to: string): Promise<object> => {
      const bytes = Buffer.from(stored);
      for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1))
        bytes.write(to.padEnd(from.length), at, 'latin1');
      const root = await dataTree({ 'a.npz': bytes });
      return refusal(() => npzTable(openFolder(root)));
    };
    expect(await changed("'|u1'", "'<f2'")).toMatchObject({ code: 'malformed-npy' });
    expect(await changed('(2, 3, 4)', '(2, 12, )')).toMatchObject({ code: 'malformed-npy' });
    expect(await changed('(2, 3, 4)', '(9, 3, 4)')).toMatchObject({ code: 'malformed-npy' });
    expect(await changed("'<i8'", "'<f8'")).toMatchObject({ code: 'malformed-npy' });
    expect(await changed("'<i8'", "'|O8'")).toMatchObject({ code: 'malformed-npy' });
    expect(await changed('False', 'True')).toMatchObject({ code: 'malformed-npy' });
    const one = await changed('(2,)', '(1,)');
    expect(one).toMatchObject({ code: 'malformed-npy', source: expect.stringContaining('y_train.npy') });
    const none = await dataTree({ 'a.npz': Buffer.from('PK\x05\x06'.padEnd(22, '\0'), 'latin1') });
    expect(await refusal(() => npzTable(openFolder(none)))).toMatchObject({ code: 'wrong-layout' });
  });

  test('an archive that says it inflates to more than it can', async () => {
    const bytes = Buffer.from(deflated);
    // Sizes in the local and central headers of images.npy: 200 bytes become 2,000,000,000.
    for (let at = bytes.indexOf(Buffer.of(200, 0, 0, 0)); at >= 0; at = bytes.indexOf(Buffer.of(200, 0, 0, 0)))
      bytes.writeUInt32LE(2_000_000_000, at);
    const root = await dataTree({ 'a.npz': bytes });
    const error = await refusal(() => npzTable(openFolder(root)));
    expect(error).toMatchObject({ code: 'malformed-npz', source: expect.stringContaining('a.npz, images.npy') });
    expect(error.message).toContain('cannot hold');
  });
});

describe('Parquet', () => {
  const pictures = Array.from({ length: 10 }, (_, i) => jpeg(i));
  const structs = (bytes: boolean): { bytes: Uint8Array | null; path: string }[] =>
    pictures.map((picture, i) => ({ bytes: bytes ? picture : null, path: `${i}.jpg` }));
  const labels = pictures.map((_, i) => i % 3);
  const imageSchema = [
    { name: 'root', num_children: 2 },
    { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' as const },
    { name: 'bytes', type: 'BYTE_ARRAY' as const, repetition_type: 'OPTIONAL' as const },
    {
      name: 'path',
      type: 'BYTE_ARRAY' as const,
      converted_type: 'UTF8' as const,
      repetition_type: 'OPTIONAL' as const,
    },
    { name: 'label', type: 'INT64' as const, repetition_type: 'OPTIONAL' as const },
  ];
  const huggingFace = (
    options: { bytes?: boolean; codec?: 'SNAPPY' | 'UNCOMPRESSED'; rowGroupSize?: number } = {},
  ): Uint8Array =>
    new Uint8Array(
      parquetWriteBuffer({
        schema: imageSchema,
        columnData: [
          { name: 'image', data: structs(options.bytes ?? true) },
          { name: 'label', data: labels.map(BigInt) },
        ],
        codec: options.codec ?? 'SNAPPY',
        rowGroupSize: options.rowGroupSize ?? 4,
        kvMetadata: [
          {
            key: 'huggingface',
            value: JSON.stringify({
              info: { features: { label: { names: ['angry', 'happy', 'sad'], _type: 'ClassLabel' } } },
            }),
          },
        ],
      }),
    );

  test('pictures in a struct, class names in the footer, splits by file name', async () => {
    for (const codec of ['SNAPPY', 'UNCOMPRESSED'] as const) {
      const root = await dataTree({
        'data/train-00000-of-00001.parquet': huggingFace({ codec }),
        'data/validation-00000-of-00001.parquet': huggingFace({ codec, rowGroupSize: 100 }),
      });
      const table = await parquetTable(openFolder(root));
      expect(table.classes).toEqual(['angry', 'happy', 'sad']);
      expect(table.samples).toHaveLength(20);
      expect(table.samples[7]).toEqual({ place: 'data/train-00000-of-00001.parquet row 8', label: 1, split: 'train' });
      expect(table.samples[10]!.split).toBe('valid');
      for (const id of [9, 0, 5, 13, 3])
        expect(await table.load(id)).toEqual({ kind: 'file', bytes: pictures[id % 10] });
      const data = await tableDataset(table, { split: 'train', size: 8 });
      expect((await data.read([9, 1])).length).toBe(2 * 8 * 8 * 3);
      // The same pictures in both files: each is one group.
      expect([...(await tableDataset(table, { size: 8 })).groups!].slice(10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
  });

  test('paths in the struct or in a column, text labels, subjects', async () => {
    const files = Object.fromEntries(pictures.map((picture, i) => [`${i}.jpg`, picture]));
    const inStruct = await parquetTable(
      openFolder(await dataTree({ 'a.parquet': huggingFace({ bytes: false }), ...files })),
    );
    expect(await inStruct.load(6)).toEqual({ kind: 'file', bytes: pictures[6] });
    const text = new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'path', data: pictures.map((_, i) => `./${i}.jpg`), type: 'STRING' },
          { name: 'emotion', data: pictures.map((_, i) => ['Happiness', 'sad', 'Neutral'][i % 3]!), type: 'STRING' },
          { name: 'subject', data: pictures.map((_, i) => Math.floor(i / 5)), type: 'INT32' },
          { name: 'split', data: pictures.map((_, i) => (i < 8 ? 'training' : 'test')), type: 'STRING' },
        ],
      }),
    );
    const table = await parquetTable(openFolder(await dataTree({ 'a.parquet': text, ...files })));
    expect(table.samples[5]).toEqual({ place: 'a.parquet row 6', label: 6, split: 'train', subject: '1' });
    expect(table.counts.found['test']).toMatchObject({ total: 2 });
    expect(await table.load(9)).toEqual({ kind: 'file', bytes: pictures[9] });
    const missing = await parquetTable(openFolder(await dataTree({ 'a.parquet': text })));
    expect(await refusal(() => missing.load(2))).toMatchObject({ code: 'missing-file', row: 3 });
  });

  test('hostile paths in a column', async () => {
    for (const path of ['../secret.jpg', '/etc/passwd', 'a\0b', 'c:\\x.jpg']) {
      const bytes = new Uint8Array(
        parquetWriteBuffer({
          columnData: [
            { name: 'path', data: [path], type: 'STRING' },
            { name: 'label', data: [0], type: 'INT32' },
          ],
        }),
      );
      const table = await parquetTable(openFolder(await dataTree({ 'a.parquet': bytes })));
      expect(await refusal(() => table.load(0))).toMatchObject({ code: 'bad-path', row: 1 });
    }
  });

  test('what is wrong has a name', async () => {
    const read = async (bytes: Uint8Array, options = {}): Promise<object> =>
      refusal(async () => {
        const table = await parquetTable(openFolder(await dataTree({ 'a.parquet': bytes })), options);
        for (const id of table.samples.keys()) await table.load(id);
      });
    const whole = huggingFace();
    expect(await read(whole.subarray(0, whole.length - 1))).toMatchObject({ code: 'malformed-parquet' });
    expect(await read(whole.subarray(100))).toMatchObject({ code: 'malformed-parquet' });
    expect(await read(whole, { columns: { label: 'class' } })).toMatchObject({ code: 'wrong-layout' });
    const nulls = new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'image', data: [null, pictures[0]], type: 'BYTE_ARRAY' },
          { name: 'label', data: [0, 1], type: 'INT32' },
        ],
      }),
    );
    expect(await read(nulls)).toMatchObject({ code: 'bad-image', row: 1 });
    const unlabelled = new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'image', data: [pictures[1], pictures[0]], type: 'BYTE_ARRAY' },
          { name: 'label', data: [0, null], type: 'INT32' },
        ],
      }),
    );
    expect(await read(unlabelled)).toMatchObject({ code: 'bad-label', row: 2 });
  });
});

describe('what a Parquet file says of itself is not believed', () => {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
  const i32 = (value: number): number[] => [0x15, ...varint(2 * value)];
  /** A page header in Thrift's compact protocol: type, size, compressed size, and (field 5) values and encoding. */
  const page = (values: number, encoding: number, body: readonly number[], size = body.length): Uint8Array =>
    Uint8Array.from([
      ...i32(0),
      ...i32(size),
      ...i32(body.length),
      0x2c,
      ...i32(values),
      ...i32(encoding),
      0,
      0,
      ...body,
    ]);
  const facts = { codec: 'UNCOMPRESSED', maxDefinition: 1, rows: 8 };
  /** Levels behind their length, then values. */
  const levels = (runs: readonly number[], values: readonly number[]): number[] => [
    runs.length,
    0,
    0,
    0,
    ...runs,
    ...values,
  ];
  const eight = [...varint(8 * 2), 1];

  test('runs that come to more than there is', () => {
    const values = new Array<number>(8).fill(0);
    expect(() => checkPages(page(8, 0, levels(eight, values)), facts)).not.toThrow();
    expect(() => checkPages(page(8, 0, levels([...varint(2 ** 30 * 2), 1], values)), facts)).toThrow('more values');
    expect(() => checkPages(page(8, 0, levels([...varint(2 ** 30 * 2 + 1)], values)), facts)).toThrow('more values');
    expect(() => checkPages(page(8, 8, levels(eight, [2, ...varint(2 ** 29 * 2), 0])), facts)).toThrow('more values');
    expect(() => checkPages(page(8, 8, levels(eight, [2, ...varint(8 * 2), 0])), facts)).not.toThrow();
    expect(() => checkPages(page(8, 8, levels(eight, [200])), facts)).toThrow('200 bits');
    expect(() => checkPages(page(8, 8, levels([0x80, 0x80], [])), facts)).toThrow('cut off');
  });

  test('pages that are larger than they are', () => {
    expect(() => checkPages(page(2 ** 28, 0, levels(eight, [])), facts)).toThrow('8 are left');
    expect(() => checkPages(page(8, 0, levels(eight, []), 2 ** 29), { ...facts, codec: 'SNAPPY' })).toThrow(
      'cannot hold',
    );
    expect(() => checkPages(page(8, 0, levels(eight, []), 2 ** 29), { ...facts, codec: 'GZIP' })).toThrow(
      'cannot hold',
    );
    expect(() => checkPages(page(8, 0, levels(eight, [])), { ...facts, codec: 'ZSTD' })).toThrow('ZSTD');
    expect(() => checkPages(page(8, 5, levels(eight, [])), facts)).toThrow('encoding 5');
    expect(() => checkPages(page(4, 0, levels([...varint(4 * 2), 1], [])), facts)).toThrow('4 values where 8 belong');
  });

  test('lists, numbers and structures without end', () => {
    const read = (bytes: readonly number[]): unknown =>
      readThrift(new DataView(Uint8Array.from(bytes).buffer), 0, bytes.length);
    expect(read([...i32(7), 0])).toMatchObject({ end: 3, numbers: new Map([[1, 7]]) });
    expect(() => read([0x19, 0xf5, ...varint(2 ** 30), 0])).toThrow('a list of 1073741824');
    expect(() => read([0x15, ...new Array<number>(20).fill(0x80)])).toThrow('does not end');
    expect(() => read(new Array<number>(100).fill(0x1c))).toThrow('too deeply');
    expect(() => read([0x18, ...varint(99), 0])).toThrow('runs past');
    expect(() => read([0x1d, 0])).toThrow('no type 13');
  });
});

test('a file that no reader reads', async () => {
  const root = await dataTree({ 'a.txt': 'x' });
  expect((await refusal(() => readDataPath(join(root, 'a.txt')))).code).toBe('wrong-layout');
  expect((await refusal(() => readDataPath(join(root, 'b.csv')))).code).toBe('missing-file');
  expect((await refusal(() => readDataPath(root, { reader: 'nothing' }))).source).toBe('reader');
  await writeFile(join(root, 'labels.csv'), 'path,label\nx.png,1\n');
  expect((await refusal(() => readDataPath(root, { reader: 'csv', options: { missing: 'skip' } }))).code).toBe(
    'no-samples',
  );
});
