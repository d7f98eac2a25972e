import { checkChoice } from '../error/check.ts';
import { DataError } from '../error/data-error.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import { placeOf } from '../folder/data-folder.ts';
import { joinPath } from '../folder/folder-index.ts';
import { safePath } from '../folder/safe-path.ts';
import { voteNames } from '../fer2013/classes.ts';
import { majorityLabel, pluralityLabel } from '../fer2013/votes.ts';
import type { PublishedCounts } from '../table/counts.ts';
import { expressionClasses } from '../table/expression-classes.ts';
import type { Sample, SampleTable } from '../table/sample-table.ts';
import { countDrop } from '../table/sample-table.ts';
import type { DatasetReader, MissingPolicy } from './reader.ts';
import { badLine, defineReader, missingImage, pathTable } from './reader.ts';

/** Options of {@link ferPlusFolders}. */
export interface FerPlusFoldersOptions {
  /** 7 (default), or 8 with contempt as class 7. */
  readonly classes?: 7 | 8;
  /** How votes become a label; see `ferDatasetOf`. Ties of the plurality have no label. Default `'majority'`. */
  readonly labels?: 'majority' | 'plurality';
  /** Default `'refuse'`. */
  readonly missing?: MissingPolicy;
}

/** Usable pictures under FER+'s majority rule, counted in fer2013new.csv with eight classes. */
const usable = { train: 25_060, valid: 3199, test: 3153 };
const contempt = { train: 119, valid: 13, test: 16 };

function publishedCounts(classes: 7 | 8): PublishedCounts {
  const total = (split: keyof typeof usable): { total: number } => ({
    total: usable[split] - (classes === 7 ? contempt[split] : 0),
  });
  return {
    source: "FER+'s fer2013new.csv under its majority rule",
    splits: { train: total('train'), valid: total('valid'), test: total('test') },
  };
}

const parts: readonly (readonly [folder: string, split: string])[] = [
  ['FER2013Train', 'train'],
  ['FER2013Valid', 'valid'],
  ['FER2013Test', 'test'],
];

/** The reader behind `ferPlusFolders`. */
export const ferPlusFoldersReader: DatasetReader<FerPlusFoldersOptions> = /* @__PURE__ */ defineReader<
  FerPlusFoldersOptions,
  { lists: readonly { readonly folder: string; readonly list: string; readonly split: string }[] }
>({
  name: 'fer-plus-folders',
  title: 'FER+ in folders',
  layout: [
    'FER2013Train/label.csv              fer0000000.png,"(0, 0, 48, 48)",4,0,0,1,3,2,0,0,0,0',
    'FER2013Train/fer0000000.png',
    'FER2013Valid/…, FER2013Test/…',
  ],
  obtain: 'https://github.com/microsoft/FERPlus (votes and script), Kaggle (pictures)',
  terms: 'votes: MIT licence; pictures: rules of the FER2013 competition',
  async locate(index) {
    const lists: { folder: string; list: string; split: string }[] = [];
    for (const [name, split] of parts) {
      const folder = await index.findFirst([name, `data/${name}`], 'folder');
      if (folder === undefined) continue;
      const list = await index.find(`${folder}/label.csv`, 'file');
      if (list === undefined)
        return { evidence: [`the folder ${folder}`], difference: `there is no ${folder}/label.csv` };
      lists.push({ folder, list, split });
    }
    if (lists.length === 0) return { evidence: [], difference: 'there is no folder FER2013Train' };
    return { evidence: lists.map(({ list }) => `the list ${list}`), place: { lists } };
  },
  async table(index, { lists }, { classes = 7, labels = 'majority', missing = 'refuse' }) {
    checkChoice('classes', classes, [7, 8]);
    checkChoice('labels', labels, ['majority', 'plurality']);
    checkChoice('missing', missing, ['refuse', 'skip']);
    const dropped: Record<string, number> = {};
    const samples: Sample[] = [];
    for (const { folder, list, split } of lists) {
      const source = placeOf(index.folder, list);
      let row = 0;
      for await (const record of index.folder.records(list)) {
        row++;
        if (record.length !== voteNames.length + 2) {
          throw new DataError({
            code: 'bad-field-count',
            source,
            row,
            problem: `${record.length} fields where ${voteNames.length + 2} (name, box, ten votes) belong`,
            remedy: "Write the list again with FER+'s generate_training_data.py",
          });
        }
        const votes = record.slice(2).map((text) => (/^\d{1,3}$/.test(text) ? Number(text) : NaN));
        const wrong = votes.findIndex((count) => !(count <= 255));
        if (wrong >= 0) {
          throw badLine(
            index.folder,
            list,
            row,
            `'${record[wrong + 2]!.slice(0, 40)}' votes for ${voteNames[wrong]} are not a whole number from 0 to 255`,
            "Write the list again with FER+'s generate_training_data.py",
          );
        }
        const label =
          labels === 'majority' ? majorityLabel(votes, classes) : pluralityLabel(votes, { classes, ties: 'drop' }, -1);
        if (typeof label === 'string') {
          countDrop(dropped, label);
          continue;
        }
        const wanted = joinPath(folder, safePath(record[0]!, source, row));
        const path = await index.find(wanted, 'file');
        if (path !== undefined) samples.push({ place: path, label, split });
        else if (missing === 'refuse') throw missingImage(index.folder, list, row, wanted);
        else countDrop(dropped, 'missing-image');
      }
    }
    return pathTable({
      reader: 'fer-plus-folders',
      folder: index.folder,
      classes: expressionClasses(classes),
      samples,
      dropped,
      published: labels === 'majority' ? publishedCounts(classes) : null,
    });
  },
});

/**
 * Reads FER+ as its own script writes it: a folder a split with pictures and a `label.csv` of ten votes without a header
 * (Barsoum, Zhang, Canton Ferrer and Zhang, ICMI 2016).
 *
 * Get the votes and the script from https://github.com/microsoft/FERPlus (MIT licence), the pictures from FER2013 on
 * Kaggle. Under the majority rule 25,060 / 3,199 / 3,153 pictures of eight classes are usable, and checked; the script
 * leaves out the rows without a name, which no class has. Four names stand in the list twice, once with the votes for another
 * picture; both rows are kept, as published figures keep them.
 *
 * @throws DataError where the layout is another, a list is damaged, or (unless `missing: 'skip'`) a picture is missing.
 */
export function ferPlusFolders(folder: DataFolder, options: FerPlusFoldersOptions = {}): Promise<SampleTable> {
  return ferPlusFoldersReader.read(folder, options);
}
