import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { deflateRawSync } from 'node:zlib';

import { randomStream } from '@selfcure/core';
import { DataError } from '@selfcure/data';
import {
  affectNet,
  ckPlus,
  csvTable,
  emotioNet,
  encodePng,
  fer2013,
  ferPlusFolders,
  mmi,
  npzTable,
  openFolder,
  parquetTable,
  portableDecoder,
  rafDb,
} from '@selfcure/data/node';
import type { DataFolder, SampleTable } from '@selfcure/data/node';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';

import { dataTree, jpeg, png } from './data-tree.ts';

/**
 * Damaged files of every kind that is read: each gives data or a DataError that names the file, and none leaves memory
 * behind. SELFCURE_DAMAGED_FILES sets their number (default 600; the full run takes 10,000).
 */
const cases = Number(process.env['SELFCURE_DAMAGED_FILES'] ?? 600);

type Draw = ReturnType<typeof randomStream>;
const below = (draw: Draw, limit: number): number => Math.min(limit - 1, Math.floor(draw.uniform() * limit));

/** Cuts, flips, overwrites, moves, or writes a length that is far too large. */
function damage(bytes: Uint8Array, draw: Draw): Uint8Array {
  let out = Buffer.from(bytes);
  const times = 1 + below(draw, 3);
  for (let k = 0; k < times && out.length > 0; k++) {
    const at = below(draw, out.length);
    const length = Math.min(out.length - at, 1 + below(draw, 24));
    switch (below(draw, 9)) {
      case 0:
        out = out.subarray(0, at);
        break;
      case 1:
        out = out.subarray(at);
        break;
      case 2:
        for (let i = 0; i < length; i++) out[at + i] = below(draw, 256);
        break;
      case 3:
        out[at]! ^= 1 << below(draw, 8);
        break;
      case 4:
        out.fill(below(draw, 2) * 255, at, at + length);
        break;
      case 5:
        out = Buffer.concat([out.subarray(0, at), out.subarray(at + length)]);
        break;
      case 6:
        out = Buffer.concat([out.subarray(0, at + length), out.subarray(at)]);
        break;
      case 7:
        if (at + 4 <= out.length) out.writeUInt32LE([0xffffffff, 0x7fffffff, 0x10000000, 0][below(draw, 4)]!, at);
        break;
      default:
        if (at + 4 <= out.length) out.writeUInt32BE([0xffffffff, 0x7fffffff, 0x00100000, 0][below(draw, 4)]!, at);
    }
  }
  return Uint8Array.from(out);
}

/** Gives the chunks of a damaged PNG their right checksums, so that what is in them is looked at too. */
function repairChecksums(bytes: Uint8Array): Uint8Array {
  const out = Buffer.from(bytes);
  for (let at = 8; at + 12 <= out.length;) {
    const end = at + 8 + out.readUInt32BE(at);
    if (end + 4 > out.length) break;
    let crc = 0xffffffff;
    for (const byte of out.subarray(at + 4, end)) {
      crc ^= byte;
      for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
    out.writeUInt32BE(~crc >>> 0, end);
    at = end + 4;
  }
  return Uint8Array.from(out);
}

/** A zip of .npy files, stored or deflated, after the format's description. */
function zip(files: Readonly<Record<string, Uint8Array>>, deflate: boolean): Uint8Array {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const body = deflate ? deflateRawSync(content) : Buffer.from(content);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(deflate ? 8 : 0, 8);
    local.writeUInt32LE(body.length, 18);
    local.writeUInt32LE(content.length, 22);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    local.copy(entry, 8, 6, 30);
    entry.writeUInt16LE(deflate ? 8 : 0, 10);
    entry.writeUInt32LE(offset, 42);
    central.push(entry, Buffer.from(name));
    parts.push(local, Buffer.from(name), body);
    offset += 30 + name.length + body.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Uint8Array.from(Buffer.concat([...parts, directory, end]));
}

function npy(type: string, shape: string, body: Uint8Array): Uint8Array {
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117) + '\n';
  return Uint8Array.from(
    Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.of(118, 0), Buffer.from(header), body]),
  );
}

const arrays = (): Record<string, Uint8Array> => ({
  'images.npy': npy('|u1', '(3, 4, 4)', new Uint8Array(48).fill(7)),
  'labels.npy': npy('<i4', '(3,)', new Uint8Array(Int32Array.of(0, 1, 1).buffer)),
});

function parquet(codec: 'SNAPPY' | 'UNCOMPRESSED', bytes: boolean): Uint8Array {
  const rows = [0, 1, 2, 3, 4, 5];
  return new Uint8Array(
    parquetWriteBuffer({
      codec,
      rowGroupSize: 4,
      columnData: [
        bytes
          ? { name: 'image', data: rows.map((i) => png(i)), type: 'BYTE_ARRAY' }
          : { name: 'path', data: rows.map((i) => `${i % 2}.png`), type: 'STRING' },
        { name: 'label', data: rows.map((i) => ['happy', 'sad'][i % 2]!), type: 'STRING' },
        { name: 'subject', data: rows, type: 'INT32' },
      ],
    }),
  );
}

interface Kind {
  readonly name: string;
  /** Path of the file that is damaged, and what it holds when it is whole. */
  readonly file: string;
  readonly whole: Uint8Array;
  /** Files beside it. */
  readonly beside?: Readonly<Record<string, string | Uint8Array>>;
  readonly repair?: (bytes: Uint8Array) => Uint8Array;
  /** Reads it; without this, it is decoded as a picture. */
  readonly read?: (folder: DataFolder) => Promise<SampleTable>;
}

const text = (lines: readonly string[]): Uint8Array => new TextEncoder().encode(lines.join('\n'));
const pattern = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (i * i) & 255);
const coloured = encodePng({ width: 16, height: 16, channels: 3, data: pattern });
const pictures = { '0.png': png(1), '1.png': png(2) };
const units = (active: readonly number[]): string =>
  Array.from({ length: 60 }, (_, i) => (active.includes(i + 1) ? 1 : 0)).join('\t');

const kinds: readonly Kind[] = [
  { name: 'jpeg', file: 'a.jpg', whole: jpeg(3) },
  { name: 'png', file: 'a.png', whole: coloured },
  { name: 'png with right checksums', file: 'a.png', whole: coloured, repair: repairChecksums },
  {
    name: 'csv',
    file: 'labels.csv',
    whole: text(['path,label,split,subject', '0.png,"happy",train,1', '1.png,sad,test,2']),
    beside: pictures,
    read: (folder) => csvTable(folder, { file: 'labels.csv' }),
  },
  {
    name: 'parquet of bytes, snappy',
    file: 'a.parquet',
    whole: parquet('SNAPPY', true),
    read: (folder) => parquetTable(folder),
  },
  {
    name: 'parquet of bytes, plain',
    file: 'a.parquet',
    whole: parquet('UNCOMPRESSED', true),
    read: (folder) => parquetTable(folder),
  },
  {
    name: 'parquet of paths',
    file: 'a.parquet',
    whole: parquet('UNCOMPRESSED', false),
    beside: pictures,
    read: (folder) => parquetTable(folder),
  },
  { name: 'npz', file: 'a.npz', whole: zip(arrays(), false), read: (folder) => npzTable(folder) },
  { name: 'npz, deflated', file: 'a.npz', whole: zip(arrays(), true), read: (folder) => npzTable(folder) },
  {
    name: 'list of RAF-DB',
    file: 'EmoLabel/list_patition_label.txt',
    whole: text(['train_00001.jpg 5', 'test_0001.jpg 4']),
    beside: { 'Image/aligned/train_00001_aligned.jpg': jpeg(1), 'Image/aligned/test_0001_aligned.jpg': jpeg(2) },
    read: (folder) => rafDb(folder),
  },
  {
    name: 'annotation of AffectNet',
    file: 'train_set/annotations/0_exp.npy',
    whole: npy('<U1', '()', Uint8Array.of(51, 0, 0, 0)),
    beside: { 'train_set/images/0.jpg': jpeg(1) },
    read: (folder) => affectNet(folder),
  },
  {
    name: 'emotion of CK+',
    file: 'Emotion/S005/001/S005_001_00000011_emotion.txt',
    whole: text(['   3.0000000e+00']),
    beside: { 'cohn-kanade-images/S005/001/S005_001_00000011.png': png(1) },
    read: (folder) => ckPlus(folder),
  },
  {
    name: 'session of MMI',
    file: 'Sessions/1/S001-001.xml',
    whole: text(['<?xml version="1.0"?>', '<FacsVideo><Metatag Name="Emotion" Value="1"/></FacsVideo>']),
    beside: { 'Sessions/1/session.xml': '<session/>', 'Sessions/1/1.png': png(1) },
    read: (folder) => mmi(folder),
  },
  {
    name: 'list of EmotioNet',
    file: 'dataFile_0001.txt',
    whole: text([
      `http://a/Images/0.png\thttp://b/0.png\t${units([12, 25])}`,
      `http://a/Images/1.png\thttp://b/1.png\t${units([4, 15])}`,
    ]),
    beside: { 'images/0.png': png(1), 'images/1.png': png(2) },
    read: (folder) => emotioNet(folder),
  },
  {
    name: 'list of FER+',
    file: 'FER2013Train/label.csv',
    whole: text(['0.png,"(0, 0, 48, 48)",0,9,0,0,1,0,0,0,0,0', '1.png,"(0, 0, 48, 48)",8,0,0,1,1,0,0,0,0,0']),
    beside: { 'FER2013Train/0.png': png(1), 'FER2013Train/1.png': png(2) },
    read: (folder) => ferPlusFolders(folder),
  },
  {
    name: 'fer2013.csv',
    file: 'fer2013.csv',
    whole: text(['emotion,pixels,Usage', `3,${new Array(2304).fill(17).join(' ')},Training`]),
    read: (folder) => fer2013(folder),
  },
];

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
function memory(): number {
  collect();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return (heapUsed + external + arrayBuffers) / 2 ** 20;
}

describe(`${cases} damaged files`, () => {
  test('give data or a DataError that names them, and leave no memory behind', async () => {
    const decoder = portableDecoder();
    const roots = await Promise.all(
      kinds.map(({ beside = {}, file, whole }) => dataTree({ ...beside, [file]: whole })),
    );
    const outcomes = new Map(kinds.map(({ name }) => [name, { data: 0, refused: 0 }]));
    const codes = new Set<string>();
    const readAll = async (kind: Kind, root: string, bytes: Uint8Array): Promise<void> => {
      if (kind.read === undefined) {
        await decoder.decode(bytes, kind.file);
        return;
      }
      await writeFile(join(root, kind.file), bytes);
      const table = await kind.read(openFolder(root));
      for (const id of table.samples.keys()) await table.load(id);
    };
    // Whole files are read: what is refused below is refused for its damage.
    for (const [k, kind] of kinds.entries()) await readAll(kind, roots[k]!, kind.whole);
    let settled = 0;
    for (let i = 0; i < cases; i++) {
      const k = i % kinds.length;
      const kind = kinds[k]!;
      const damaged = damage(kind.whole, randomStream({ seed: 1, purpose: 'test/damage', sample: i }));
      const outcome = outcomes.get(kind.name)!;
      try {
        await readAll(kind, roots[k]!, kind.repair?.(damaged) ?? damaged);
        outcome.data++;
      } catch (error) {
        if (!(error instanceof DataError)) throw new Error(`${kind.name}, case ${i}`, { cause: error });
        // Where the file has lost what tells it, the folder is named instead.
        expect(error.source ?? '', `${kind.name}, case ${i}: ${error.message}`).toContain(
          kind.read === undefined ? kind.file : roots[k]!,
        );
        expect(error.remedy.length).toBeGreaterThan(10);
        codes.add(error.code);
        outcome.refused++;
      }
      if (i === Math.floor(cases / 3)) settled = memory();
    }
    expect(memory() - settled).toBeLessThan(24);
    // Every kind was refused at least once, and for many reasons.
    for (const [name, { refused }] of outcomes) expect(refused, name).toBeGreaterThan(0);
    expect(codes.size).toBeGreaterThan(8);
    if (process.env['SELFCURE_DAMAGED_FILES'] !== undefined)
      process.stdout.write(`${JSON.stringify(Object.fromEntries(outcomes))} ${[...codes].join(' ')}\n`);
  }, 900_000);
});
