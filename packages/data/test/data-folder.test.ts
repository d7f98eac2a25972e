import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { imageFolder, inspectDataset, openFolder, rafDb } from '@selfcure/data/node';
import { describe, expect, test } from 'vitest';

import { dataTree, png, refusal } from './data-tree.ts';

const hostile = [
  '../secret.txt',
  'a/../../secret.txt',
  '/etc/passwd',
  'C:/secret.txt',
  'C:\\secret.txt',
  '..\\secret.txt',
  'a//b',
  './../secret.txt',
  'a/./b',
  '..',
  'a\0b',
  'x'.repeat(300),
  `${'d/'.repeat(2500)}x`,
];

describe('a data folder', () => {
  test('hostile paths are refused before anything is opened', async () => {
    const root = await dataTree({ 'data/a/x.txt': 'inside', 'secret.txt': 'outside' });
    const folder = openFolder(join(root, 'data'));
    for (const path of hostile) {
      for (const open of [folder.read(path), folder.list(path), folder.size(path), folder.slice(path, 0, 9)])
        expect((await refusal(() => open)).code).toBe('bad-path');
      expect(
        (
          await refusal(async () => {
            for await (const _ of folder.records(path)) break;
          })
        ).code,
      ).toBe('bad-path');
    }
    expect(new TextDecoder().decode(await folder.read('a/x.txt'))).toBe('inside');
    expect(new TextDecoder().decode(await folder.slice('a/x.txt', 2, 4))).toBe('si');
    expect(await folder.size('a/y.txt')).toBeUndefined();
    expect(await folder.size('a')).toBeUndefined();
    expect((await refusal(() => folder.read('a/y.txt'))).code).toBe('missing-file');
    expect((await refusal(() => folder.list('a/x.txt'))).code).toBe('missing-file');
    expect((await refusal(() => folder.read('a/x.txt', 3))).code).toBe('too-large');
    expect((await refusal(() => openFolder(join(root, 'nowhere')))).code).toBe('missing-file');
  });

  test('links stay inside, unless a place is named', async () => {
    const root = await dataTree({
      'data/cat/1.png': png(1),
      'data/dog/1.png': png(2),
      'disk/3.png': png(3),
      'secret.txt': 's',
    });
    const data = join(root, 'data');
    await symlink(join(root, 'secret.txt'), join(data, 'notes.txt'));
    await symlink(join(root, 'disk'), join(data, 'more'));
    await symlink('../cat/1.png', join(data, 'dog/2.png'));
    await symlink('.', join(data, 'dog/self'));
    await symlink('nothing', join(data, 'dog/3.png'));
    const folder = openFolder(data);
    expect((await folder.list('')).map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'cat folder',
      'dog folder',
      'more outside',
      'notes.txt outside',
    ]);
    for (const path of ['notes.txt', 'more/3.png', 'more']) {
      expect(await refusal(() => folder.read(path))).toMatchObject({ code: 'outside-folder' });
      expect((await refusal(() => folder.list(path))).code).toBe('outside-folder');
    }
    // A link to a picture inside is a picture; a circle and a link to nothing are none.
    const table = await imageFolder(folder);
    expect(table.samples.map(({ place }) => place)).toEqual(['cat/1.png', 'dog/1.png', 'dog/2.png']);
    const wide = openFolder(data, { linksTo: [join(root, 'disk')] });
    expect((await imageFolder(wide)).samples.at(-1)).toMatchObject({ place: 'more/3.png' });
    expect((await refusal(() => wide.read('notes.txt'))).code).toBe('outside-folder');
  });

  test('a picture that leads out is refused, not left out', async () => {
    const root = await dataTree({ 'data/cat/1.png': png(1), 'data/dog/1.png': png(2), 'secret.png': png(9) });
    await symlink(join(root, 'secret.png'), join(root, 'data/dog/2.png'));
    expect(await refusal(() => imageFolder(openFolder(join(root, 'data'))))).toMatchObject({
      code: 'outside-folder',
      source: join(root, 'data/dog/2.png'),
    });
  });

  test('what is no plain file is never read', async () => {
    const root = await dataTree({ 'cat/1.png': png(1), 'dog/1.png': png(2) });
    execFileSync('mkfifo', [join(root, 'dog/pipe.png')]);
    const folder = openFolder(root);
    expect((await refusal(() => folder.read('dog/pipe.png'))).code).toBe('missing-file');
    expect((await imageFolder(folder)).samples).toHaveLength(2);
  });

  test('a list that climbs out is refused with its row', async () => {
    const root = await dataTree({ 'secret_aligned.jpg': png(1) });
    await mkdir(join(root, 'data/EmoLabel'), { recursive: true });
    await mkdir(join(root, 'data/Image/aligned'), { recursive: true });
    await writeFile(join(root, 'data/EmoLabel/list_patition_label.txt'), 'train_00001.jpg 1\n../../../secret.jpg 2\n');
    expect(await refusal(() => rafDb(openFolder(join(root, 'data')), { missing: 'skip' }))).toMatchObject({
      code: 'bad-list',
      row: 2,
    });
  });

  test('names with blanks, quotation marks and other letters', async () => {
    const root = await dataTree({ 'kâtzen "1"/ä ö.png': png(1), "hunde, 'x'/日本.png": png(2) });
    const table = await imageFolder(openFolder(root));
    expect(table.classes).toEqual(["hunde, 'x'", 'kâtzen "1"']);
    expect((await inspectDataset(table)).unreadable.count).toBe(0);
  });
});
