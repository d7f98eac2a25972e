import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { decodeSafetensors, encodeSafetensors } from '@selfcure/core';

import type { FerTable } from '../fer2013/table.ts';

const format = 'selfcure-fer-table-1';

/** What tells that a table was made of some files as they are now: their names, sizes and times of change. */
export async function stampOf(files: readonly string[]): Promise<string> {
  const facts = await Promise.all(
    files.map(async (file) => {
      const { size, mtimeMs } = await stat(file);
      return `${basename(file)} ${size} ${mtimeMs}`;
    }),
  );
  return facts.join(', ');
}

/** The table that a file keeps; null where there is none, or one of other files or another version. */
export async function readFerCache(path: string, stamp: string): Promise<FerTable | null> {
  try {
    const { arrays, metadata } = decodeSafetensors(new Uint8Array(await readFile(path)));
    if (metadata['format'] !== format || metadata['files'] !== stamp) return null;
    const data = (name: string) => arrays[name]?.data;
    return {
      size: data('emotions')!.length,
      images: data('images') as Uint8Array,
      emotions: data('emotions') as Uint8Array,
      splits: data('splits') as Uint8Array,
      votes: data('votes') as Uint8Array | undefined,
      firsts: data('firsts') as Int32Array,
    };
  } catch {
    // Absent, cut short, or no such file: it is made anew.
    return null;
  }
}

/** Keeps a table. Another process never sees half of it. */
export async function writeFerCache(path: string, stamp: string, table: FerTable): Promise<void> {
  const { images, emotions, splits, votes, firsts } = table;
  const columns = { images, emotions, splits, ...(votes && { votes }), firsts };
  await mkdir(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.selfcure-${randomUUID()}.tmp`);
  try {
    await writeFile(
      temporary,
      encodeSafetensors(
        Object.fromEntries(Object.entries(columns).map(([name, data]) => [name, { data, shape: [data.length] }])),
        { format, files: stamp },
      ),
    );
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
