import { labelOf, readSampleTable } from '../data/sample-table.ts';
import { LabelsFileError } from '../errors.ts';

/** What a person decided on one sample. */
export interface Decision {
  /** Place of the sample among the ids. */
  readonly place: number;
  /** The label; `'drop'` where nobody can tell it, or the image is of nothing. */
  readonly label: number | 'drop';
  /** How it was made: `accept`, `keep`, `label` or `drop`. */
  readonly action: string;
  /** How the sample was chosen, where the file says. */
  readonly choice: string | undefined;
}

const actions = ['accept', 'keep', 'label', 'drop'];

/**
 * Reads decisions as the page of an audit or a review exports them: columns `sample`, `decision` (`accept`, `keep`, `label`, `drop`) and `label`, which is
 * empty for `drop`. Where the column `given` names a label, it must be the given one: else the decisions are of other data.
 *
 * @param ids numbers by which the file names the samples, in order of `given`.
 * @throws LabelsFileError naming the line of what is wrong.
 */
export async function readDecisionsFile(
  file: string,
  {
    ids,
    given,
    classes,
  }: { readonly ids: Int32Array; readonly given: ArrayLike<number>; readonly classes: readonly string[] },
): Promise<Decision[]> {
  const lines = await readSampleTable({ file, ids, columns: ['decision', 'label'] });
  return lines.map(({ place, line, cell }) => {
    const action = cell('decision')!;
    if (!actions.includes(action))
      throw new LabelsFileError(file, line, `decision '${action}' is not one of ${actions.join(', ')}`);
    const seen = cell('given');
    if (seen && labelOf(file, line, seen, classes) !== given[place])
      throw new LabelsFileError(
        file,
        line,
        `sample ${ids[place]} was given '${seen}' when it was decided on, and is given '${classes[given[place]!]}' here. Take the decisions of an audit of this data`,
      );
    const label = action === 'drop' ? ('drop' as const) : labelOf(file, line, cell('label')!, classes);
    return { place, label, action, choice: cell('choice') };
  });
}
