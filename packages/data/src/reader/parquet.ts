import { DataError } from '../error/data-error.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import type { FolderIndex } from '../folder/folder-index.ts';
import { joinPath } from '../folder/folder-index.ts';
import { safePath } from '../folder/safe-path.ts';
import type { ParquetFile } from '../parquet/parquet-file.ts';
import { openParquet } from '../parquet/parquet-file.ts';
import { countReport } from '../table/counts.ts';
import type { Sample, SampleTable } from '../table/sample-table.ts';
import { loadFrom } from '../table/sample-table.ts';
import type { RawLabel } from './class-labels.ts';
import { classLabels } from './class-labels.ts';
import type { TableColumns } from './csv.ts';
import { usualColumns } from './csv.ts';
import type { DatasetReader } from './reader.ts';
import { defineReader } from './reader.ts';
import { filesWithEnding } from './single-file.ts';
import { splitOfName } from './split-folders.ts';

/** Options of {@link parquetTable}. */
export interface ParquetTableOptions {
  /** One file, relative to the folder. Default: all `.parquet` in it, or in its `data/`. */
  readonly file?: string;
  /** As for {@link csvTable}; `path` may name a column of picture bytes. */
  readonly columns?: TableColumns;
  /** Class names in label order. Default: those that Hugging Face's `datasets` wrote into the file, else as for `csvTable`. */
  readonly classes?: readonly string[];
}

/** Row groups of pictures that are kept. */
const keptGroups = 4;

interface Columns {
  readonly image: string;
  readonly label: string;
  readonly split: string | undefined;
  readonly subject: string | undefined;
}

/** Which columns hold what; the name of one that is needed and absent. */
function columnsOf(file: ParquetFile, given: TableColumns): Columns | { readonly missing: string } {
  const names = new Map(file.columns.map((column) => [column.name.toLowerCase(), column]));
  const find = (key: keyof TableColumns, first: readonly string[] = []): string | undefined => {
    if (given[key] !== undefined) return names.get(given[key].toLowerCase())?.name;
    for (const name of [...first, ...usualColumns[key]]) if (names.has(name)) return names.get(name)!.name;
    return undefined;
  };
  const image = find('path', ['image', 'img', 'image_bytes']);
  const label = find('label', ['label', 'labels']);
  const [split, subject] = [find('split'), find('subject')];
  if (image === undefined) return { missing: given.path ?? 'image or path' };
  if (label === undefined) return { missing: given.label ?? 'label' };
  if (given.split !== undefined && split === undefined) return { missing: given.split };
  if (given.subject !== undefined && subject === undefined) return { missing: given.subject };
  return { image, label, split, subject };
}

/** The reader behind `parquetTable`. */
export const parquetTableReader: DatasetReader<ParquetTableOptions> = /* @__PURE__ */ defineReader<
  ParquetTableOptions,
  { files: readonly { readonly path: string; readonly file: ParquetFile; readonly columns: Columns }[] }
>({
  name: 'parquet',
  title: 'a table of pictures (Parquet)',
  layout: ['data/train-00000-of-00001.parquet   image (struct of bytes and path, bytes, or path) and label'],
  obtain: 'your own pictures, or a data set in Parquet files',
  terms: 'those of the data set',
  async locate(index, { file, columns = {} }) {
    const found = await filesWithEnding(index, ['parquet'], file);
    if (!('place' in found)) return found;
    const files: { path: string; file: ParquetFile; columns: Columns }[] = [];
    for (const path of found.place) {
      const opened = await openParquet(index.folder, path);
      const at = columnsOf(opened, columns);
      if ('missing' in at) {
        return {
          evidence: found.evidence,
          difference: `${path} has no column ${at.missing} (it has ${opened.columns
            .map(({ name }) => name)
            .join(', ')
            .slice(0, 200)})`,
        };
      }
      files.push({ path, file: opened, columns: at });
    }
    const { image, label } = files[0]!.columns;
    return { evidence: [...found.evidence, `its columns ${image} and ${label}`], place: { files } };
  },
  async table(index, { files }, options) {
    const { classes: given } = options;
    const samples: Omit<Sample, 'label'>[] = [];
    const labels: RawLabel[] = [];
    const owners: { part: number; group: number; row: number }[] = [];
    const pictures = files.map(({ path, file, columns }) => pictureColumn(index, path, file, columns.image));
    for (const [part, { path, file, columns }] of files.entries()) {
      const base = path.slice(path.lastIndexOf('/') + 1).replace(/[-_.].*$/, '');
      for (let group = 0; group + 1 < file.groupStarts.length; group++) {
        const column = async (name: string | undefined): Promise<readonly unknown[] | undefined> =>
          name === undefined ? undefined : file.read(group, name);
        const values = (await column(columns.label))!;
        const splits = await column(columns.split);
        const subjects = await column(columns.subject);
        values.forEach((value, i) => {
          const row = file.groupStarts[group]! + i + 1;
          const split = textOf(splits?.[i]) ?? base;
          const subject = textOf(subjects?.[i]);
          samples.push({
            place: `${path} row ${row}`,
            split: splitOfName(split) ?? (splits === undefined ? 'all' : split),
            ...(subject !== undefined && { subject }),
          });
          owners.push({ part, group, row: i });
          labels.push({
            value: value instanceof Uint8Array ? new TextDecoder().decode(value) : value,
            fail: (problem, remedy) => {
              throw new DataError({ code: 'bad-label', source: file.source, row, problem, remedy });
            },
          });
        });
      }
    }
    if (labels.length === 0) {
      throw new DataError({
        code: 'no-samples',
        source: index.folder.name,
        problem: 'its Parquet files have no rows',
        remedy: 'Pass files with at least one picture',
      });
    }
    const numbered = classLabels(labels, given ?? huggingFaceClasses(files[0]!.file, files[0]!.columns.label));
    const labelled = samples.map((sample, i): Sample => ({ ...sample, label: numbered.labels[i]! }));
    return {
      reader: 'parquet',
      source: index.folder.name,
      classes: numbered.classes,
      samples: labelled,
      dropped: {},
      counts: countReport(labelled, numbered.classes, 'images', null),
      load: loadFrom(index.folder, { name: 'parquet', options: { ...options } }, async (id) => {
        const { part, group, row } = owners[id]!;
        return { kind: 'file', bytes: await pictures[part]!(group, row) };
      }),
    };
  },
});

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : undefined;
}

/** Bytes of the picture in one row of one row group. */
function pictureColumn(
  index: FolderIndex,
  path: string,
  file: ParquetFile,
  column: string,
): (group: number, row: number) => Promise<Uint8Array> {
  const groups = new Map<number, Promise<readonly unknown[]>>();
  const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  return async (group, row) => {
    let values = groups.get(group);
    // Deleting and adding makes the group the newest.
    groups.delete(group);
    values ??= file.read(group, column);
    groups.set(group, values);
    for (const oldest of groups.keys()) {
      if (groups.size <= keptGroups) break;
      groups.delete(oldest);
    }
    const number = file.groupStarts[group]! + row + 1;
    const value = (await values)[row];
    const { bytes, path: named } =
      typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
        ? (value as { bytes?: unknown; path?: unknown })
        : { bytes: value instanceof Uint8Array ? value : undefined, path: value };
    // Slices of a row group keep all of it alive: callers get their own bytes.
    if (bytes instanceof Uint8Array) return bytes.slice();
    if (typeof named === 'string' && named !== '') {
      const relative = safePath(named, file.source, number, { windows: true });
      const found = await index.findFirst([joinPath(folder, relative), relative], 'file');
      if (found !== undefined) return index.folder.read(found);
      throw new DataError({
        code: 'missing-file',
        source: file.source,
        row: number,
        problem: `the picture '${relative.slice(0, 200)}' that it names is not there`,
        remedy: 'Put the pictures below the data folder',
      });
    }
    throw new DataError({
      code: 'bad-image',
      source: file.source,
      row: number,
      problem: `the column ${column} holds neither bytes nor a path`,
      remedy: 'Delete the row, or write its picture',
    });
  };
}

/** Class names of a `ClassLabel` that Hugging Face's `datasets` noted in the footer. */
function huggingFaceClasses(file: ParquetFile, label: string): readonly string[] | undefined {
  try {
    const note = JSON.parse(file.notes.get('huggingface') ?? 'null') as {
      info?: { features?: Record<string, { names?: unknown }> };
    } | null;
    const names = note?.info?.features?.[label]?.names;
    return Array.isArray(names) && names.length > 1 && names.every((name) => typeof name === 'string')
      ? names
      : undefined;
  } catch {
    return undefined; // a note of somebody else's
  }
}

/**
 * Reads Parquet files with a column of pictures and one of labels, as Hugging Face's `datasets` writes them: pictures are a
 * struct of `bytes` and `path`, a column of bytes, or a column of paths below the data folder. Files named `train-…`,
 * `validation-…` and `test-…` are those splits. Row groups are read one at a time and the last four are kept: for a shuffled
 * reading, write groups of a few hundred rows.
 *
 * @throws DataError where a file is damaged or lacks a column.
 * @example const table = await parquetTable(openFolder('./fer2013-parquet'));
 */
export function parquetTable(folder: DataFolder, options: ParquetTableOptions = {}): Promise<SampleTable> {
  return parquetTableReader.read(folder, options);
}
