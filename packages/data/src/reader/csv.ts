import { checkChoice } from '../error/check.ts';
import { DataError } from '../error/data-error.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import { placeOf } from '../folder/data-folder.ts';
import { joinPath } from '../folder/folder-index.ts';
import { safePath } from '../folder/safe-path.ts';
import type { Sample, SampleTable } from '../table/sample-table.ts';
import { countDrop } from '../table/sample-table.ts';
import type { RawLabel } from './class-labels.ts';
import { classLabels } from './class-labels.ts';
import type { DatasetReader, MissingPolicy } from './reader.ts';
import { defineReader, missingImage, pathTable } from './reader.ts';
import { filesWithEnding } from './single-file.ts';
import { splitOfName } from './split-folders.ts';

/** Columns of a table of pictures. */
export interface TableColumns {
  /** Default: the first of `path`, `file`, `filename`, `file_name`, `filepath`, `image`, `image_path`, `name`. */
  readonly path?: string;
  /** Default: the first of `label`, `class`, `emotion`, `expression`, `target`, `category`. */
  readonly label?: string;
  /** Default: the first of `split`, `usage`, `set`, `partition`; without one, all samples are one part. */
  readonly split?: string;
  /** Default: the first of `subject`, `subject_id`, `person`, `identity`; without one, subjects are unknown. */
  readonly subject?: string;
}

/** Options of {@link csvTable}. */
export interface CsvTableOptions {
  /** The file, relative to the folder. Default: the only `.csv` or `.tsv` in it. */
  readonly file?: string;
  /** Folder that the paths start at. Default: the folder of the file. */
  readonly images?: string;
  readonly columns?: TableColumns;
  /**
   * Class names in label order. Where none are given, labels in text that are all expressions get FER2013's order, and other text
   * the order of its code units.
   */
  readonly classes?: readonly string[];
  /** Default: a tab for `.tsv`, a comma otherwise. */
  readonly delimiter?: string;
  /** Default `'refuse'`. */
  readonly missing?: MissingPolicy;
}

/** Names by which columns go, the first that is there counting. */
export const usualColumns: Readonly<Record<keyof TableColumns, readonly string[]>> = {
  path: ['path', 'file', 'filename', 'file_name', 'filepath', 'image', 'image_path', 'name'],
  label: ['label', 'class', 'emotion', 'expression', 'target', 'category'],
  split: ['split', 'usage', 'set', 'partition'],
  subject: ['subject', 'subject_id', 'person', 'identity'],
};

interface Columns {
  readonly path: number;
  readonly label: number;
  readonly split: number;
  readonly subject: number;
}

/** Where the columns stand in a header; the name of one that is needed and absent. */
function columnsOf(header: readonly string[], given: TableColumns): Columns | { readonly missing: string } {
  const names = header.map((field) => field.trim().toLowerCase());
  const find = (key: keyof TableColumns): number => {
    if (given[key] !== undefined) return names.indexOf(given[key].toLowerCase());
    for (const name of usualColumns[key]) if (names.includes(name)) return names.indexOf(name);
    return -1;
  };
  const columns = { path: find('path'), label: find('label'), split: find('split'), subject: find('subject') };
  for (const key of ['path', 'label', 'split', 'subject'] as const) {
    if (columns[key] < 0 && (key === 'path' || key === 'label' || given[key] !== undefined))
      return { missing: given[key] ?? usualColumns[key].join(' or ') };
  }
  return columns;
}

const delimiterOf = (file: string, given: string | undefined): string => given ?? (/\.tsv$/i.test(file) ? '\t' : ',');

/** The reader behind `csvTable`. */
export const csvTableReader: DatasetReader<CsvTableOptions> = /* @__PURE__ */ defineReader<
  CsvTableOptions,
  { file: string; columns: Columns }
>({
  name: 'csv',
  title: 'a table of pictures (CSV)',
  layout: [
    'labels.csv                          path,label,split,subject',
    'images/0001.png                     (as the paths say)',
  ],
  obtain: 'your own pictures',
  terms: 'your own',
  async locate(index, { file, columns = {}, delimiter }) {
    const found = await filesWithEnding(index, ['csv', 'tsv'], file);
    if (!('place' in found)) return found;
    if (found.place.length > 1)
      return { evidence: found.evidence, difference: 'there are several tables; say which one in `file`' };
    const [path] = found.place as readonly [string];
    for await (const header of index.folder.records(path, { delimiter: delimiterOf(path, delimiter) })) {
      const at = columnsOf(header, columns);
      if ('missing' in at) {
        return {
          evidence: found.evidence,
          difference: `${path} has no column ${at.missing} (it has ${header.slice(0, 12).join(', ').slice(0, 200)})`,
        };
      }
      return {
        evidence: [...found.evidence, `its columns ${header[at.path]} and ${header[at.label]}`],
        place: { file: path, columns: at },
      };
    }
    return { evidence: found.evidence, difference: `${path} is empty` };
  },
  async table(index, { file, columns }, { images, classes, delimiter, missing = 'refuse' }) {
    checkChoice('missing', missing, ['refuse', 'skip']);
    const { folder } = index;
    const source = placeOf(folder, file);
    const base =
      images === undefined
        ? file.slice(0, Math.max(0, file.lastIndexOf('/')))
        : images === ''
          ? ''
          : safePath(images, 'images');
    const dropped: Record<string, number> = {};
    const rows: { place: string; split: string; subject: string | undefined }[] = [];
    const labels: RawLabel[] = [];
    const seen = new Map<string, number>();
    let row = 0;
    for await (const record of folder.records(file, { delimiter: delimiterOf(file, delimiter) })) {
      row++;
      if (row === 1) continue;
      const here = row;
      const fail = (problem: string, remedy: string): never => {
        throw new DataError({ code: 'bad-label', source, row: here, problem, remedy });
      };
      const needed = Math.max(columns.path, columns.label, columns.split, columns.subject) + 1;
      if (record.length < needed) {
        throw new DataError({
          code: 'bad-field-count',
          source,
          row,
          problem: `${record.length} fields where at least ${needed} belong`,
          remedy: 'Complete the row, or delete it',
        });
      }
      const named = joinPath(base, safePath(record[columns.path]!, source, row, { windows: true }));
      const place = await index.find(named, 'file');
      if (place === undefined) {
        if (missing === 'refuse') throw missingImage(folder, file, row, named);
        countDrop(dropped, 'missing-image');
        continue;
      }
      const first = seen.get(place);
      if (first !== undefined) fail(`the picture '${named}' stands in row ${first} already`, 'Name each picture once');
      seen.set(place, row);
      const split = columns.split < 0 ? 'all' : record[columns.split]!;
      const subject = columns.subject < 0 ? '' : record[columns.subject]!;
      rows.push({
        place,
        split: splitOfName(split) ?? (split === '' ? 'all' : split),
        subject: subject === '' ? undefined : subject,
      });
      labels.push({ value: record[columns.label], fail });
    }
    const numbered = classLabels(labels, classes);
    const samples = rows.map(({ place, split, subject }, i): Sample => ({
      place,
      label: numbered.labels[i]!,
      split,
      ...(subject !== undefined && { subject }),
    }));
    return pathTable({ reader: 'csv', folder, classes: numbered.classes, samples, dropped });
  },
});

/**
 * Reads a table of pictures with their labels: a CSV or TSV file with a header. Paths are relative to the file's folder and stay
 * below the data folder.
 *
 * @throws DataError where the file lacks a column, a row is damaged, or (unless `missing: 'skip'`) a picture is missing.
 * @example
 * const table = await csvTable(openFolder('./data'), { file: 'labels.csv', columns: { label: 'emotion' } });
 */
export function csvTable(folder: DataFolder, options: CsvTableOptions = {}): Promise<SampleTable> {
  return csvTableReader.read(folder, options);
}
