import { LabelsFileError } from '../errors.ts';
import { labelOf, readSampleTable } from './sample-table.ts';

/** Labels that a person has verified; -1 where nobody has looked. Length N each. */
export interface Trusted {
  /** Of a random choice of samples: estimates may rest on them. */
  readonly random: Int32Array;
  /** Of other choices, such as by gain or from an audit's list. */
  readonly chosen: Int32Array;
}

/** How samples of a trusted file were chosen. */
export const choicesOfTrusted = ['random', 'gain', 'audit'] as const;

/**
 * Reads verified labels: columns `sample` and `label`, and `choice` (`random`, `gain` or `audit`). A file without `choice` counts as random: an estimate
 * that rests on samples which were picked otherwise is wrong, so keep the column that `selfcure review --collect` writes.
 *
 * @throws LabelsFileError naming the line of what is wrong.
 */
export async function readTrustedFile(file: string, ids: Int32Array, classes: readonly string[]): Promise<Trusted> {
  const random = new Int32Array(ids.length).fill(-1);
  const chosen = new Int32Array(ids.length).fill(-1);
  for (const { place, line, cell } of await readSampleTable({ file, ids, columns: ['label'] })) {
    const label = labelOf(file, line, cell('label')!, classes);
    const choice = cell('choice') ?? 'random';
    if (!choicesOfTrusted.some((one) => one === choice))
      throw new LabelsFileError(file, line, `choice '${choice}' is not one of ${choicesOfTrusted.join(', ')}`);
    (choice === 'random' ? random : chosen)[place] = label;
  }
  return { random, chosen };
}

/** Every verified label. */
export function allTrusted({ random, chosen }: Trusted): Int32Array {
  return random.map((label, i) => (label >= 0 ? label : chosen[i]!));
}

/** How many labels are verified. */
export function countTrusted(labels: Int32Array): number {
  return labels.reduce((count, label) => count + (label >= 0 ? 1 : 0), 0);
}
