import { choicesOfTrusted } from '../data/trusted-file.ts';
import { readSampleTable } from '../data/sample-table.ts';
import { LabelsFileError } from '../errors.ts';
import { writeCsv } from '../run-folder/csv.ts';

/** Verified labels out of decisions. */
export interface Collected {
  /** `trusted.csv`. */
  readonly csv: string;
  /** Labels by how their samples were chosen. */
  readonly counts: Readonly<Record<string, number>>;
  /** Samples that were left out because nobody could tell. */
  readonly leftOut: number;
}

/**
 * Makes a file of verified labels out of the decisions that a page exported, beside those of an earlier file. A decision takes the place of an
 * earlier one on the same sample.
 *
 * @throws LabelsFileError naming the line of what is wrong.
 */
export async function collectTrusted(decisions: string, earlier: string | null): Promise<Collected> {
  const labels = new Map<number, { label: string; choice: string }>();
  const add = (file: string, line: number, place: number, label: string, choice: string): void => {
    if (!choicesOfTrusted.some((one) => one === choice))
      throw new LabelsFileError(file, line, `choice '${choice}' is not one of ${choicesOfTrusted.join(', ')}`);
    if (label === '') throw new LabelsFileError(file, line, 'the label is empty. Name a class');
    labels.set(place, { label, choice });
  };
  if (earlier !== null)
    for (const { place, line, cell } of await readSampleTable({ file: earlier, columns: ['label'] }))
      add(earlier, line, place, cell('label')!, cell('choice') ?? 'random');
  let leftOut = 0;
  for (const { place, line, cell } of await readSampleTable({
    file: decisions,
    columns: ['decision', 'label', 'choice'],
  })) {
    if (cell('decision') === 'drop') {
      labels.delete(place);
      leftOut++;
    } else add(decisions, line, place, cell('label')!, cell('choice')!);
  }
  const rows = [...labels].sort(([a], [b]) => a - b);
  const counts: Record<string, number> = {};
  for (const [, { choice }] of rows) counts[choice] = (counts[choice] ?? 0) + 1;
  return {
    csv: writeCsv([
      ['sample', 'label', 'choice'],
      ...rows.map(([sample, { label, choice }]) => [sample, label, choice]),
    ]),
    counts,
    leftOut,
  };
}
