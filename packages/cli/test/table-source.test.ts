import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { encodePng, imageFolder, openFolder, tableDataset } from '@selfcure/data/node';
import { afterAll, expect, test } from 'vitest';
import { tableSource } from '../src/data/table-source.ts';
import type { DataSettings } from '../src/data/run-data.ts';
import { temporaryFolder } from './run-main.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);

for (let i = 0; i < 24; i++) {
  const path = join(folder, 'set', i < 16 ? 'train' : 'test', i % 2 ? 'sad' : 'happy', `${i}.png`);
  mkdirSync(dirname(path), { recursive: true });
  const data = Uint8Array.from({ length: 400 }, (_, k) => (k * (i + 3)) & 255);
  writeFileSync(path, encodePng({ width: 20, height: 20, channels: 1, data }));
}
const settings = { data: join(folder, 'set'), size: 16 } as DataSettings;

test.each([
  ['in memory', {}, 0],
  // 256 bytes a picture: 4,096 of the training part.
  ['in the cache folder where memory does not hold a part', { memory: 4095 }, 24],
])('pictures are kept %s, and are the same', async (name, reading, stored) => {
  const cache = join(folder, name);
  const notes: string[] = [];
  const source = await tableSource(settings, { ...reading, cache, note: (text) => void notes.push(text) });
  const table = await imageFolder(openFolder(join(folder, 'set')));
  for (const [part, split] of [
    [source.train, 'train'],
    [source.test!, 'test'],
  ] as const) {
    const ids = Array.from({ length: part.size }, (_, i) => part.size - 1 - i);
    const expected = await (await tableDataset(table, { split, size: 16, channels: 1 })).read(ids);
    for (const _ of [1, 2]) expect(await part.read(ids)).toEqual(expected);
  }
  const files = await readdir(cache, { recursive: true }).catch(() => []);
  expect(files.filter((file) => file.endsWith('.pixels'))).toHaveLength(stored);
  expect(notes).toEqual(stored ? [expect.stringContaining(join(cache, 'pictures'))] : []);
  await source.close!();
});
