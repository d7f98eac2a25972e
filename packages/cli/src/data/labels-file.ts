import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { LabelsFileError } from '../errors.ts';

interface Line {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** Samples of DATA as a labels file names them. */
export interface LabelsFileOptions {
  readonly file: string;
  /** Number by which the file names each sample, in order of the labels. */
  readonly ids: Int32Array;
  readonly labels: Int32Array;
  readonly classes: readonly string[];
}

/**
 * Given labels after a CSV file has replaced those that it names. It needs a column `sample` (or `image`) with the number
 * of the sample and a column `label` with a class name or index; other columns are left alone, and samples that it does not
 * name keep their label. What `selfcure relabels export --cured` writes is such a file.
 *
 * @returns the labels, and how many of them changed.
 * @throws LabelsFileError naming the line of what is wrong.
 */
export async function readLabelsFile({
  file,
  ids,
  labels,
  classes,
}: LabelsFileOptions): Promise<{ labels: Int32Array; changed: number }> {
  const lines = parseLines(file, await readText(file));
  const header = lines[0];
  if (!header) throw new LabelsFileError(file, undefined, 'the file is empty. It needs a header with sample and label');
  const column = (names: readonly string[]): number =>
    header.record.findIndex((name) => names.includes(name.toLowerCase()));
  const sampleColumn = column(['sample', 'image']);
  const labelColumn = column(['label']);
  if (sampleColumn < 0 || labelColumn < 0) {
    throw new LabelsFileError(
      file,
      header.info.lines,
      `the header '${header.record.join(',')}' lacks ${sampleColumn < 0 ? "'sample' (or 'image')" : "'label'"}. Two columns are needed: sample,label`,
    );
  }

  const position = new Map<number, number>();
  ids.forEach((id, k) => position.set(id, k));
  const result = labels.slice();
  const named = new Map<number, number>();
  let changed = 0;
  for (const { record, info } of lines.slice(1)) {
    const text = record[sampleColumn]!;
    const k = /^\d+$/.test(text) ? position.get(Number(text)) : undefined;
    if (k === undefined) {
      throw new LabelsFileError(
        file,
        info.lines,
        `'${text}' is no sample of the training data, which has ${ids.length} samples from ${ids[0]} to ${ids.at(-1)}`,
      );
    }
    const earlier = named.get(k);
    if (earlier !== undefined)
      throw new LabelsFileError(
        file,
        info.lines,
        `sample ${text} stands in line ${earlier} already. Name each sample once`,
      );
    named.set(k, info.lines);
    const label = labelOf(record[labelColumn]!, classes);
    if (label === undefined) {
      throw new LabelsFileError(
        file,
        info.lines,
        `'${record[labelColumn]}' is no class. Use ${classes.join(', ')}, or an index from 0 to ${classes.length - 1}`,
      );
    }
    if (label !== labels[k]) changed++;
    result[k] = label;
  }
  return { labels: result, changed };
}

function labelOf(text: string, classes: readonly string[]): number | undefined {
  const named = classes.indexOf(text);
  if (named >= 0) return named;
  return /^\d+$/.test(text) && Number(text) < classes.length ? Number(text) : undefined;
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
