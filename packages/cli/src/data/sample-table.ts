import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { LabelsFileError } from '../errors.ts';

interface Line {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** A line of a table that names one sample. */
export interface SampleLine {
  /** Place of the sample among the ids; its number where none are given. */
  readonly place: number;
  /** 1-based line of the file. */
  readonly line: number;
  /** Cell of a column; undefined where the table has no such column. */
  cell(column: string): string | undefined;
}

/** What {@link readSampleTable} reads. */
export interface SampleTableOptions {
  readonly file: string;
  /** Numbers by which the file names the samples. Default: any number. */
  readonly ids?: Int32Array;
  /** Columns that must be there beside `sample` (or `image`). */
  readonly columns: readonly string[];
}

/**
 * Reads a CSV table with a line a sample: a header with a column `sample` (or `image`) and the given ones; further columns may be there, and samples
 * may be missing.
 *
 * @throws LabelsFileError naming the line of what is wrong.
 */
export async function readSampleTable({ file, ids, columns }: SampleTableOptions): Promise<SampleLine[]> {
  const lines = parseLines(file, await readText(file));
  const header = lines[0];
  if (!header)
    throw new LabelsFileError(
      file,
      undefined,
      `the file is empty. It needs a header with sample and ${columns.join(', ')}`,
    );
  const names = header.record.map((name) => name.toLowerCase());
  const sampleColumn = names.findIndex((name) => name === 'sample' || name === 'image');
  const missing = columns.find((column) => !names.includes(column));
  if (sampleColumn < 0 || missing !== undefined) {
    throw new LabelsFileError(
      file,
      header.info.lines,
      `the header '${header.record.join(',')}' lacks ${sampleColumn < 0 ? "'sample' (or 'image')" : `'${missing}'`}. Columns are needed: ${['sample', ...columns].join(',')}`,
    );
  }
  const position = new Map<number, number>();
  ids?.forEach((id, k) => position.set(id, k));
  const named = new Map<number, number>();
  return lines.slice(1).map(({ record, info }) => {
    const text = record[sampleColumn]!;
    const number = /^\d+$/.test(text) ? Number(text) : undefined;
    const place = ids && number !== undefined ? position.get(number) : number;
    if (place === undefined) {
      throw new LabelsFileError(
        file,
        info.lines,
        ids
          ? `'${text}' is no sample of the training data, which has ${ids.length} samples from ${ids[0]} to ${ids.at(-1)}`
          : `'${text}' is no number of a sample`,
      );
    }
    const earlier = named.get(place);
    if (earlier !== undefined)
      throw new LabelsFileError(
        file,
        info.lines,
        `sample ${text} stands in line ${earlier} already. Name each sample once`,
      );
    named.set(place, info.lines);
    return {
      place,
      line: info.lines,
      cell: (column) => (names.includes(column) ? record[names.indexOf(column)] : undefined),
    };
  });
}

/**
 * Label of a cell that holds a class name or an index.
 *
 * @throws LabelsFileError where it is neither.
 */
export function labelOf(file: string, line: number, text: string, classes: readonly string[]): number {
  const named = classes.indexOf(text);
  if (named >= 0) return named;
  if (/^\d+$/.test(text) && Number(text) < classes.length) return Number(text);
  throw new LabelsFileError(
    file,
    line,
    `'${text}' is no class. Use ${classes.join(', ')}, or an index from 0 to ${classes.length - 1}`,
  );
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new LabelsFileError(file, undefined, 'there is no such file');
    throw new LabelsFileError(file, undefined, `it cannot be read: ${(error as Error).message}`);
  }
}

function parseLines(file: string, text: string): Line[] {
  try {
    return parse(text, { bom: true, trim: true, skip_empty_lines: true, info: true }) as unknown as Line[];
  } catch (error) {
    const { lines, message } = error as { lines?: number; message: string };
    throw new LabelsFileError(file, lines, `${message.replace(/\.$/, '')}. Restore the file, or write it anew`);
  }
}
