import type { DataFolder } from '../folder/data-folder.ts';
import { joinPath } from '../folder/folder-index.ts';
import type { PublishedCounts } from '../table/counts.ts';
import { expressionClasses } from '../table/expression-classes.ts';
import type { Sample, SampleTable } from '../table/sample-table.ts';
import type { DatasetReader } from './reader.ts';
import { defineReader, pathTable } from './reader.ts';
import { classFolders } from './split-folders.ts';

/** The folders hold fer2013.csv's `Training`, and `PublicTest` and `PrivateTest` together. */
const published: PublishedCounts = {
  source: "Kaggle's fer2013.csv: Training, and PublicTest with PrivateTest",
  splits: {
    train: {
      total: 28_709,
      perClass: { angry: 3995, disgust: 436, fear: 4097, happy: 7215, sad: 4830, surprise: 3171, neutral: 4965 },
    },
    test: {
      total: 7178,
      perClass: { angry: 958, disgust: 111, fear: 1024, happy: 1774, sad: 1247, surprise: 831, neutral: 1233 },
    },
  },
};

const classes = 7;

/** The reader behind `fer2013Folders`. */
export const fer2013FoldersReader: DatasetReader = /* @__PURE__ */ defineReader<
  object,
  { train: string; test: string }
>({
  name: 'fer2013-folders',
  title: 'FER2013 in folders',
  layout: ['train/angry/Training_3908.jpg', 'test/happy/PublicTest_41060.jpg'],
  obtain: 'Kaggle, FER-2013 in folders',
  terms: 'rules of the FER2013 competition; the pictures belong to others',
  async locate(index) {
    for (const prefix of ['', 'fer2013']) {
      const [train, test] = await Promise.all(
        ['train', 'test'].map((name) => index.find(joinPath(prefix, name), 'folder')),
      );
      if (train === undefined || test === undefined) continue;
      const evidence = [`the folders ${train} and ${test}`];
      const names = await Promise.all([train, test].map(async (path) => (await classFolders(index, path)).length));
      if (names.some((count) => count !== classes) || (await index.folders(train)).length !== classes)
        return { evidence, difference: `${train} and ${test} do not hold seven folders named after the expressions` };
      let named = false;
      for (const { path } of await classFolders(index, train))
        named ||= (await index.images(path)).some((name) => /^(Training|PublicTest|PrivateTest)_\d+\./i.test(name));
      if (!named) return { evidence, difference: `no picture in ${train} is named like Training_3908.jpg` };
      return { evidence: [...evidence, 'pictures named like Training_3908.jpg'], place: { train, test } };
    }
    return { evidence: [], difference: 'there are no folders train and test' };
  },
  async table(index, place) {
    const samples: Sample[] = [];
    for (const split of ['train', 'test'] as const) {
      for (const { path, label } of await classFolders(index, place[split]))
        for (const name of await index.images(path)) samples.push({ place: joinPath(path, name), label, split });
    }
    return pathTable({
      reader: 'fer2013-folders',
      folder: index.folder,
      classes: expressionClasses(classes),
      samples,
      published,
    });
  },
});

/**
 * Reads FER2013 as folders of pictures, one a class, as a Kaggle data set gives it out. Its `test` joins FER2013's public and
 * private test parts, so figures on it are not the published ones.
 *
 * Get it from Kaggle; the rules of the competition hold for it too. 28,709 and 7,178 pictures are checked.
 *
 * @throws DataError where the layout is another.
 */
export function fer2013Folders(folder: DataFolder): Promise<SampleTable> {
  return fer2013FoldersReader.read(folder);
}
