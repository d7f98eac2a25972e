import { labelOf, readSampleTable } from './sample-table.ts';

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
  const result = labels.slice();
  let changed = 0;
  for (const { place, line, cell } of await readSampleTable({ file, ids, columns: ['label'] })) {
    const label = labelOf(file, line, cell('label')!, classes);
    if (label !== labels[place]) changed++;
    result[place] = label;
  }
  return { labels: result, changed };
}
