import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { DataError } from '../error/data-error.ts';
import type { FerDataset, FerOptions } from '../fer2013/fer-dataset.ts';
import { ferDatasetOf } from '../fer2013/fer-dataset.ts';
import type { FerTable } from '../fer2013/table.ts';
import { readFerTable } from '../fer2013/table.ts';
import { csvRecords } from './csv-records.ts';
import { readFerCache, stampOf, writeFerCache } from './fer-cache.ts';

/** Where the files are: a folder that holds `fer2013.csv` (and `fer2013new.csv`), or the files themselves. */
export interface FerFiles {
  /** Folder with `fer2013.csv` and, if it is there, FER+'s `fer2013new.csv`. */
  readonly folder?: string;
  /** Path of `fer2013.csv`, in place of `folder`. */
  readonly csv?: string;
  /** Path of FER+'s `fer2013new.csv`; false reads none even if the folder holds it. */
  readonly votes?: string | false;
  /**
   * File that keeps what was read: 83 MB that load in a moment, where the text takes seconds. It is used while names, sizes and times of change of
   * the files are the same, and made anew otherwise. Default: none.
   */
  readonly cache?: string;
}

/** An image takes 2 to 4 characters a pixel; this many bytes a row or more. */
const leastRowBytes = 2 * 48 * 48;

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : undefined;
  } catch {
    return undefined;
  }
}

const recordsOf = (path: string): AsyncGenerator<string[]> => csvRecords(createReadStream(path), path);

/**
 * Reads FER2013's `fer2013.csv` and FER+'s `fer2013new.csv` as streams. Read it once and take several splits of it with
 * {@link ferDatasetOf}.
 *
 * @throws DataError where a file is missing or malformed; it names the file, the row and the remedy.
 * @example
 * const table = await readFerFiles({ folder: './fer2013' });
 * const [train, test] = (['train', 'test'] as const).map((split) => ferDatasetOf(table, { split, labels: 'majority' }));
 */
export async function readFerFiles({ folder, csv, votes, cache }: FerFiles): Promise<FerTable> {
  if ((folder === undefined) === (csv === undefined)) {
    throw new DataError({
      code: 'bad-option',
      source: 'folder, csv',
      problem: folder === undefined ? 'neither is given' : 'both are given',
      remedy: 'Pass either the folder that holds fer2013.csv or the path of that file',
    });
  }
  const images = csv ?? join(folder!, 'fer2013.csv');
  const bytes = await sizeOf(images);
  if (bytes === undefined) {
    throw new DataError({
      code: 'missing-file',
      source: images,
      problem: 'there is no such file',
      remedy:
        'Download FER2013 from Kaggle (challenges in representation learning: facial expression recognition) and unpack fer2013.csv',
    });
  }
  const beside = folder === undefined ? undefined : join(folder, 'fer2013new.csv');
  let voteFile: string | undefined;
  if (typeof votes === 'string') {
    if ((await sizeOf(votes)) === undefined) {
      throw new DataError({
        code: 'missing-file',
        source: votes,
        problem: 'there is no such file',
        remedy: 'Download fer2013new.csv from github.com/microsoft/FERPlus, or leave `votes` out',
      });
    }
    voteFile = votes;
  } else if (votes === undefined && beside !== undefined && (await sizeOf(beside)) !== undefined) {
    voteFile = beside;
  }
  const read = (): Promise<FerTable> =>
    readFerTable({
      images: { name: images, records: recordsOf(images) },
      ...(voteFile !== undefined && { votes: { name: voteFile, records: recordsOf(voteFile) } }),
      // About 8,400 bytes a row in the published file; memory that is asked for and never written costs nothing.
      expectedRows: Math.min(40_000, Math.ceil(bytes / leastRowBytes) + 1),
    });
  if (cache === undefined) return read();
  const stamp = await stampOf(voteFile === undefined ? [images] : [images, voteFile]);
  const kept = await readFerCache(cache, stamp);
  if (kept) return kept;
  const table = await read();
  await writeFerCache(cache, stamp, table);
  return table;
}

/**
 * One split of FER2013, with FER2013's labels or FER+'s, from the user's own copy of the files. See {@link ferDatasetOf}
 * for the rules.
 *
 * @throws DataError as {@link readFerFiles} and {@link ferDatasetOf} do.
 * @example
 * const train = await ferDataset({ folder: './fer2013', split: 'train', labels: 'fer2013', truth: 'majority' });
 * const test = await ferDataset({ folder: './fer2013', split: 'test', labels: 'majority', twins: 'drop' });
 */
export async function ferDataset({
  folder,
  csv,
  votes,
  cache,
  ...options
}: FerFiles & FerOptions): Promise<FerDataset> {
  const files = {
    ...(folder !== undefined && { folder }),
    ...(csv !== undefined && { csv }),
    ...(votes !== undefined && { votes }),
    ...(cache !== undefined && { cache }),
  };
  return ferDatasetOf(await readFerFiles(files), options);
}
