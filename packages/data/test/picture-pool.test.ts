import { execFile } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';

import { DataError, cachedImages, subset } from '@selfcure/data';
import {
  encodePng,
  imageFolder,
  openFolder,
  parquetTable,
  picturePool,
  portableDecoder,
  sharpDecoder,
  tableDataset,
} from '@selfcure/data/node';
import type { PicturePool, PicturePoolOptions, SampleTable, TableDatasetOptions } from '@selfcure/data/node';
import { build } from 'esbuild';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, describe, expect, it } from 'vitest';

import { dataTree, jpeg, png, refusal } from './data-tree.ts';
import { pictureProgram } from './picture-program.ts';

const opened: PicturePool[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((pool) => pool.close()));
});
async function open(options: PicturePoolOptions = {}): Promise<PicturePool> {
  const pool = await picturePool(options);
  opened.push(pool);
  return pool;
}

/** 23 pictures of several sizes and formats in two classes. */
const files = Object.fromEntries(
  Array.from({ length: 23 }, (_, i) => [
    `${i % 2 ? 'sad' : 'happy'}/${String(i).padStart(2, '0')}.${i % 5 === 4 ? 'png' : 'jpg'}`,
    i % 5 === 4 ? png(10 * i, 20) : jpeg(i, 16 + 8 * (i % 3)),
  ]),
);
const all = (table: SampleTable): number[] => [...table.samples.keys()];
const options = { size: 12 } as const satisfies TableDatasetOptions;

describe('pictures made in threads', () => {
  it.each([
    ['of files', (root: string) => imageFolder(openFolder(root)), files],
    [
      'in Parquet',
      (root: string) => parquetTable(openFolder(root)),
      {
        'train.parquet': new Uint8Array(
          parquetWriteBuffer({
            rowGroupSize: 5,
            columnData: [
              { name: 'image', data: Object.values(files), type: 'BYTE_ARRAY' },
              { name: 'label', data: Object.keys(files).map((_, i) => i % 2), type: 'INT32' },
            ],
          }),
        ),
      },
    ],
  ])('%s are those of this thread, bit for bit and in order, with any number of threads', async (_, read, tree) => {
    const table = await read(await dataTree(tree));
    const alone = await tableDataset(table, options);
    const order = [7, 0, 22, 7, 3, ...all(table).reverse()];
    const expected = await alone.read(order);
    for (const threads of [0, 1, 2, 3]) {
      const data = await tableDataset(table, { ...options, pool: await open({ threads }) });
      expect(data.fingerprint).toBe(alone.fingerprint);
      // Overlapping reads, as training asks for them.
      const [first, second] = await Promise.all([data.read(order), data.read([5])]);
      expect(first).toEqual(expected);
      expect(second).toEqual(await alone.read([5]));
      expect(await subset(cachedImages(data), [3, 1]).read([1, 0])).toEqual(await alone.read([1, 3]));
    }
  });

  it('are cut out where a box says so, and the box is part of the fingerprint', async () => {
    // Two shades side by side.
    const pixels = Uint8Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? 10 : 200));
    const half = encodePng({ width: 8, height: 8, channels: 1, data: pixels });
    const table = await imageFolder(openFolder(await dataTree({ 'a/1.png': half, 'b/1.png': half })));
    const crop: TableDatasetOptions['crop'] = ({ place }) =>
      place.startsWith('a') ? { left: 4, top: -3, width: 9, height: 20 } : undefined;
    const whole = await tableDataset(table, { size: 8, channels: 1 });
    for (const threads of [0, 2]) {
      const data = await tableDataset(table, { size: 8, channels: 1, crop, pool: await open({ threads }) });
      expect(await data.read([0])).toEqual(new Uint8Array(64).fill(200));
      expect(await data.read([1])).toEqual(pixels);
      expect(data.fingerprint).not.toBe(whole.fingerprint);
    }
    const outside = await tableDataset(table, { size: 8, crop: () => ({ left: 8, top: 0, width: 3, height: 3 }) });
    expect(await refusal(() => outside.read([0]))).toMatchObject({ code: 'bad-image', source: 'a/1.png' });
  });
});

describe('what goes wrong in a thread', () => {
  it.each([0, 2])(
    'a damaged picture is the error that it is here: code, file and remedy (%i threads)',
    async (threads) => {
      const cut = jpeg(1, 24).subarray(0, 200);
      const root = await dataTree({ ...files, 'happy/10.jpg': cut, 'sad/13.jpg': cut });
      const table = await imageFolder(openFolder(root));
      const ids = all(table);
      const data = await tableDataset(table, { ...options, pool: await open({ threads }) });
      const here = await refusal(async () =>
        (await tableDataset(table, options)).read([ids.findIndex((id) => table.samples[id]!.place === 'happy/10.jpg')]),
      );
      const there = await refusal(() => data.read(ids));
      expect(there.message).toBe(here.message);
      expect({ ...there }).toMatchObject({ code: 'bad-image', source: 'happy/10.jpg', remedy: here.remedy });
      // The pool goes on.
      expect(await data.read([0])).toEqual(await (await tableDataset(table, options)).read([0]));
    },
  );

  it('a file that went missing names the file', async () => {
    const root = await dataTree(files);
    const table = await imageFolder(openFolder(root));
    await rm(join(root, 'sad/03.jpg'));
    const data = await tableDataset(table, { ...options, identity: 'places', pool: await open({ threads: 1 }) });
    expect(await refusal(() => data.read(all(table)))).toMatchObject({
      code: 'missing-file',
      source: `${root}/sad/03.jpg`,
    });
  });

  it.each([
    ['throws where nobody catches it', 'setTimeout(() => { throw new Error("no more"); })', 'no more'],
    ['ends itself', 'process.exit(3)', 'exit code 3'],
  ])('a thread that %s is a typed error, now and at every later read', async (_, body, reason) => {
    const root = await dataTree({
      'program.mjs': `export const makePictures = () => { ${body}; return new Promise(() => {}); };`,
    });
    const pool = await open({ threads: 2, program: pathToFileURL(join(root, 'program.mjs')) });
    const table = await imageFolder(openFolder(await dataTree(files)));
    const data = await tableDataset(table, { ...options, pool });
    const lost = await refusal(() => data.read([0, 1, 2]));
    expect(lost.code).toBe('lost-thread');
    expect(lost.message).toContain(reason);
    expect((await refusal(() => data.read([4]))).code).toBe('lost-thread');
  });

  it('a program that is not there is a typed error', async () => {
    const pool = await open({ threads: 1, program: new URL('file:///nowhere/program.mjs') });
    const data = await tableDataset(await imageFolder(openFolder(await dataTree(files))), { ...options, pool });
    expect(await refusal(() => data.read([0]))).toMatchObject({ code: 'lost-thread' });
  });

  it.each([0, 2])('a closed pool refuses, and so does what was under way (%i threads)', async (threads) => {
    const pool = await open({ threads });
    const data = await tableDataset(await imageFolder(openFolder(await dataTree(files))), { ...options, pool });
    await data.read([0]);
    if (threads > 0) {
      const under = refusal(() => data.read([1]));
      await pool.close();
      expect((await under).code).toBe('closed');
    } else await pool.close();
    await pool.close();
    expect((await refusal(() => data.read([0]))).code).toBe('closed');
  });

  it('functions and pixels in memory do not go into threads', async () => {
    const pool = await open({ threads: 1 });
    const table = await imageFolder(openFolder(await dataTree(files)));
    const fixed: Partial<TableDatasetOptions>[] = [
      { decoder: portableDecoder() },
      { prepare: (image) => image, preparation: 'none' },
    ];
    for (const more of fixed)
      expect((await refusal(() => tableDataset(table, { ...options, ...more, pool }))).code).toBe('bad-option');
    // Another way to load is another origin.
    const other = { ...table, load: (id: number) => table.load(id) };
    expect((await refusal(() => tableDataset(other, { ...options, pool }))).remedy).toBe('Leave the pool out');
    for (const threads of [-1, 1.5, 65]) expect((await refusal(() => open({ threads }))).code).toBe('bad-option');
    expect((await refusal(() => open({ decoder: 'other' as never }))).code).toBe('bad-option');
  });
});

describe('the store of finished pictures', () => {
  it('gives the same pixels, by content and by how they are made, whatever their place', async () => {
    const [root, store] = [await dataTree(files), await dataTree({})];
    const table = await imageFolder(openFolder(root));
    const plain = await (await tableDataset(table, options)).read(all(table));
    const made = async (more: Partial<TableDatasetOptions> = {}, threads = 2, from = table): Promise<Uint8Array> => {
      const pool = await open({ threads, store });
      return (await tableDataset(from, { ...options, ...more, pool })).read(all(from));
    };
    expect(await made()).toEqual(plain);
    const stored = (await readdir(store, { recursive: true })).filter((name) => name.endsWith('.pixels'));
    expect(stored).toHaveLength(23); // and nothing that was cut off
    expect(
      (await readdir(store, { recursive: true })).length - new Set(stored.map((name) => name.slice(0, 2))).size,
    ).toBe(23);

    // What is stored is read and not made again: a marked picture comes back marked.
    const mark = join(store, stored[0]!);
    const content = await readFile(mark);
    content[5]! ^= 255;
    content.writeUInt32LE(crc32(content.subarray(0, -4)), content.length - 4);
    await writeFile(mark, content);
    for (const threads of [0, 1, 2]) {
      const again = await made({}, threads);
      const differing = again.reduce((count, value, i) => count + (value === plain[i] ? 0 : 1), 0);
      expect(differing).toBe(1);
    }
    // The same files elsewhere are known, other sizes are not.
    const moved = await imageFolder(openFolder(await dataTree(files)));
    expect((await made({}, 1, moved)).reduce((count, value, i) => count + (value === plain[i] ? 0 : 1), 0)).toBe(1);
    const gray = await (await tableDataset(table, { ...options, channels: 1 })).read(all(table));
    expect(await made({ channels: 1 })).toEqual(gray);
    expect((await readdir(store, { recursive: true })).filter((name) => name.endsWith('.pixels'))).toHaveLength(46);
  });

  it.each([
    ['cut off', (content: Buffer) => content.subarray(0, 40)],
    ['changed', (content: Buffer) => content.fill(1, 7, 9)],
  ])('refuses a stored picture that is %s, by name', async (_, change) => {
    const [root, store] = [await dataTree(files), await dataTree({})];
    const data = await tableDataset(await imageFolder(openFolder(root)), {
      ...options,
      pool: await open({ threads: 1, store }),
    });
    await data.read([0]);
    const [name] = (await readdir(store, { recursive: true })).filter((one) => one.endsWith('.pixels'));
    await writeFile(join(store, name!), change(await readFile(join(store, name!))));
    const error = await refusal(() => data.read([0]));
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ code: 'bad-cache', source: join(store, name!) });
  });

  it('says where it cannot write', async () => {
    const root = await dataTree({ ...files, blocked: 'a file' });
    const table = await imageFolder(openFolder(root));
    const data = await tableDataset(table, {
      ...options,
      pool: await open({ threads: 1, store: join(root, 'blocked') }),
    });
    expect((await refusal(() => data.read([0]))).code).toBe('bad-cache');
  });
});

it('keeps no process alive that has read its pictures and forgets to close', async () => {
  const folder = fileURLToPath(new URL('.', await pictureProgram()));
  await build({
    stdin: {
      resolveDir: fileURLToPath(new URL('../src', import.meta.url)),
      contents: `
        import { imageFolder, openFolder, picturePool, tableDataset } from './node.ts';
        const pool = await picturePool({ threads: 2, program: new URL('./picture-worker.mjs', import.meta.url) });
        const data = await tableDataset(await imageFolder(openFolder(process.argv[2])), { size: 4, pool });
        console.log((await data.read([0, 1, 2])).length);`,
    },
    outfile: join(folder, 'forgetful.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
    external: ['tinypool', 'sharp', 'jpeg-js', 'csv-parse', 'hyparquet'],
    alias: Object.fromEntries(
      ['core', 'tensor'].map((name) => [
        `@selfcure/${name}`,
        fileURLToPath(new URL(`../../${name}/src/index.ts`, import.meta.url)),
      ]),
    ),
  });
  // A process that stays is ended, and this fails, after half a minute.
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(folder, 'forgetful.mjs'), await dataTree(files)],
    {
      timeout: 30_000,
    },
  );
  expect(stdout).toBe('144\n');
});

const hasSharp = ((): boolean => {
  try {
    return createRequire(import.meta.url).resolve('sharp') !== '';
  } catch {
    return false;
  }
})();

it.runIf(hasSharp)('sharp decodes in threads as it does here', async () => {
  const table = await imageFolder(openFolder(await dataTree(files)));
  const here = await tableDataset(table, { ...options, decoder: await sharpDecoder() });
  const there = await tableDataset(table, { ...options, pool: await open({ threads: 2, decoder: 'sharp' }) });
  expect(await there.read(all(table))).toEqual(await here.read(all(table)));
  expect(there.fingerprint).toBe(here.fingerprint);
});
