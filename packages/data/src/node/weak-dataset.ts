import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { DataError } from '../error/data-error.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import type { WebEmotionOptions } from '../reader/web-emotion.ts';
import { webEmotion } from '../reader/web-emotion.ts';
import type { WeakSetOptions, WeakSetSummary } from '../weak/weak-samples.ts';
import { weakSamples } from '../weak/weak-samples.ts';

/** Options of {@link weakDataset}. */
export interface WeakDatasetOptions extends WeakSetOptions, WebEmotionOptions {
  /** Folder to write; it must be empty or not be there. */
  readonly out: string;
}

/** A field of a CSV file. */
const field = (text: string): string => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * Makes a weakly labelled data set of folders named after keywords, after WebEmotion (Wang et al., CVPR 2020): pictures, or
 * frames of films, that a search gave. Near-duplicates stay once, what two classes share is left out, faces are cut out if
 * `crop` is given. It writes `labels.csv` (path, label, subject, keyword, source) and `images/CLASS/000001.jpg`, which
 * `csvTable` reads; frames of one film share a subject, so that no split tears them apart.
 *
 * @throws DataError where a keyword says no class, or `out` holds something already.
 * @example
 * const summary = await weakDataset(openFolder('./search'), { out: './weak', keywords: { 'crying baby': 'sad' } });
 * console.log(summary.perClass, summary.dropped);
 */
export async function weakDataset(
  folder: DataFolder,
  { out, keywords, classes, ...options }: WeakDatasetOptions,
): Promise<WeakSetSummary> {
  const table = await webEmotion(folder, {
    ...(keywords !== undefined && { keywords }),
    ...(classes !== undefined && { classes }),
  });
  await mkdir(out, { recursive: true });
  if ((await readdir(out)).length > 0) {
    throw new DataError({
      code: 'bad-option',
      source: out,
      problem: 'the folder to write is not empty',
      remedy: 'Name a new folder; nothing is ever overwritten',
    });
  }
  // Class names become folder names: whatever is no letter or digit in them does not.
  const folders = table.classes.map(
    (name, label) => `${label}-${name.replace(/[^\p{Letter}\p{Number}]+/gu, '-').slice(0, 60)}`,
  );
  const rows = new Map<number, { path: string; row: string }>();
  const made = new Set<string>();
  const summary = await weakSamples(
    table,
    options,
    async ({ number, sample, bytes, extension }) => {
      const place = `images/${folders[sample.label]!}`;
      if (!made.has(place)) await mkdir(join(out, place), { recursive: true });
      made.add(place);
      const path = `${place}/${String(number + 1).padStart(6, '0')}.${extension}`;
      await writeFile(join(out, path), bytes, { flag: 'wx' });
      const keyword = sample.place.slice(0, sample.place.indexOf('/'));
      const columns = [path, table.classes[sample.label]!, sample.sequence ?? sample.place, keyword, sample.place];
      rows.set(number, { path, row: columns.map(field).join(',') });
    },
    async (number) => {
      await rm(join(out, rows.get(number)!.path));
      rows.delete(number);
    },
  );
  const lines = ['path,label,subject,keyword,source', ...[...rows.values()].map(({ row }) => row)];
  await writeFile(join(out, 'labels.csv'), `${lines.join('\n')}\n`, { flag: 'wx' });
  return summary;
}
