import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';

import { DataError } from '../error/data-error.ts';
import { csvTableReader } from '../reader/csv.ts';
import { npzTableReader } from '../reader/npz.ts';
import { parquetTableReader } from '../reader/parquet.ts';
import { datasetReaders, readDataset } from '../reader/recognize-layout.ts';
import type { DatasetReader } from '../reader/reader.ts';
import type { SampleTable } from '../table/sample-table.ts';
import type { OpenFolderOptions } from './open-folder.ts';
import { openFolder } from './open-folder.ts';

/** Options of {@link readDataPath}. */
export interface ReadDataPathOptions extends OpenFolderOptions {
  /** Name of the reader, such as `'raf-db'`. Default: the one that fits best. */
  readonly reader?: string;
  /** Options of that reader; needs `reader`, or a single file. */
  readonly options?: Readonly<Record<string, unknown>>;
}

const fileReaders: readonly (readonly [ending: RegExp, reader: DatasetReader])[] = [
  [/\.(csv|tsv)$/i, csvTableReader],
  [/\.parquet$/i, parquetTableReader],
  [/\.npz$/i, npzTableReader],
];

/**
 * Reads whatever a path leads to: a folder with a known layout, `fer2013.csv`, or a single CSV, Parquet or `.npz` file.
 *
 * @throws DataError where nothing is there, no reader fits, or the data are damaged.
 * @example const table = await readDataPath('./RAF-DB');
 */
export async function readDataPath(
  path: string,
  { reader, options = {}, ...folderOptions }: ReadDataPathOptions = {},
): Promise<SampleTable> {
  const named = reader === undefined ? undefined : datasetReaders.find(({ name }) => name === reader);
  if (reader !== undefined && named === undefined) {
    throw new DataError({
      code: 'bad-option',
      source: 'reader',
      problem: `'${reader}' is no reader`,
      remedy: `Pass one of ${datasetReaders.map(({ name }) => name).join(', ')}`,
    });
  }
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  const folder = openFolder(isFile ? dirname(path) : path, folderOptions);
  if (!isFile) return named === undefined ? readDataset(folder) : named.read(folder, options);
  const file = basename(path);
  if (named === undefined && /^fer2013\.csv$/i.test(file))
    return datasetReaders.find(({ name }) => name === 'fer2013')!.read(folder);
  const single = named ?? fileReaders.find(([ending]) => ending.test(file))?.[1];
  if (single === undefined) {
    throw new DataError({
      code: 'wrong-layout',
      source: path,
      problem: 'it ends in none of .csv, .tsv, .parquet and .npz',
      remedy: 'Pass such a file, or the folder that holds the data set',
    });
  }
  return single.read(folder, { ...options, file });
}
