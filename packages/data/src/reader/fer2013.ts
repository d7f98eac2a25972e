import type { DataFolder } from '../folder/data-folder.ts';
import { placeOf } from '../folder/data-folder.ts';
import { readFerTable, ferImageBytes, ferSplits } from '../fer2013/table.ts';
import type { PublishedCounts } from '../table/counts.ts';
import { countReport } from '../table/counts.ts';
import { expressionClasses } from '../table/expression-classes.ts';
import type { Sample, SampleTable } from '../table/sample-table.ts';
import type { DatasetReader } from './reader.ts';
import { defineReader } from './reader.ts';

/** Counted in Kaggle's fer2013.csv: 28,709 / 3,589 / 3,589, in the order of FER2013's classes. */
const published: PublishedCounts = {
  source: "Kaggle's fer2013.csv (Goodfellow et al., 2013)",
  splits: {
    train: {
      total: 28_709,
      perClass: { angry: 3995, disgust: 436, fear: 4097, happy: 7215, sad: 4830, surprise: 3171, neutral: 4965 },
    },
    valid: { total: 3589 },
    test: { total: 3589 },
  },
};

/** The reader behind `fer2013`. */
export const fer2013Reader: DatasetReader = /* @__PURE__ */ defineReader<object, { csv: string }>({
  name: 'fer2013',
  title: 'FER2013',
  layout: [
    'fer2013.csv                         emotion,pixels,Usage',
    '(fer2013new.csv                     votes of FER+)',
  ],
  obtain: 'Kaggle, challenges in representation learning: facial expression recognition',
  terms: 'rules of the competition; the pictures belong to others',
  async locate(index) {
    const csv = await index.findFirst(['fer2013.csv', 'fer2013/fer2013.csv'], 'file');
    return csv === undefined
      ? { evidence: [], difference: 'there is no fer2013.csv' }
      : { evidence: [`the file ${csv}`], place: { csv } };
  },
  async table(index, { csv }) {
    const { folder } = index;
    const fer = await readFerTable({ images: { name: placeOf(folder, csv), records: folder.records(csv) } });
    const classes = expressionClasses(7);
    const samples = Array.from({ length: fer.size }, (_, row): Sample => ({
      place: `${csv} row ${row + 2}`,
      label: fer.emotions[row]!,
      split: ferSplits[fer.splits[row]!]!,
    }));
    return {
      reader: 'fer2013',
      source: folder.name,
      classes,
      samples,
      dropped: {},
      counts: countReport(samples, classes, 'images', published),
      load: (id) =>
        Promise.resolve({
          kind: 'pixels',
          image: {
            width: 48,
            height: 48,
            channels: 1,
            data: fer.images.subarray(id * ferImageBytes, (id + 1) * ferImageBytes),
          },
        }),
    };
  },
});

/**
 * Reads Kaggle's `fer2013.csv` as a table of samples, with FER2013's own labels: for looking at it beside other data sets. To
 * train on it, with FER+'s votes, take `ferDataset`.
 *
 * Get it from Kaggle, "Challenges in representation learning: facial expression recognition", under the rules of the
 * competition. 28,709 / 3,589 / 3,589 pictures are published and checked.
 *
 * @throws DataError as `readFerTable` does.
 */
export function fer2013(folder: DataFolder): Promise<SampleTable> {
  return fer2013Reader.read(folder);
}
