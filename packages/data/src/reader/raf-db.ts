import pMap from 'p-map';

import { checkChoice } from '../error/check.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import { joinPath } from '../folder/folder-index.ts';
import { textLines } from '../folder/text-lines.ts';
import type { PublishedCounts } from '../table/counts.ts';
import { expressionClasses } from '../table/expression-classes.ts';
import type { Sample, SampleTable } from '../table/sample-table.ts';
import { countDrop } from '../table/sample-table.ts';
import type { DatasetReader, MissingPolicy } from './reader.ts';
import { badLine, defineReader, missingImage, pathTable } from './reader.ts';

/** Options of {@link rafDb}. */
export interface RafDbOptions {
  /** `'aligned'` (default): the 100 x 100 faces `train_00001_aligned.jpg`; `'original'`: the photographs. */
  readonly images?: 'aligned' | 'original';
  /** Default `'refuse'`. */
  readonly missing?: MissingPolicy;
}

/** RAF-DB numbers its classes from 1: surprise, fear, disgust, happiness, sadness, anger, neutral. */
const classOfCode: readonly number[] = [5, 2, 1, 3, 4, 0, 6];

/**
 * 12,271 and 3,068: Li, Deng and Du, CVPR 2017, and the data set's page. Classes of `train`: counted in the label list that
 * kaiwang960112/Self-Cure-Network ships; of `test`: as many published evaluations print them.
 */
const published: PublishedCounts = {
  source: 'Li, Deng and Du, CVPR 2017 (single-label subset); classes from the list file',
  splits: {
    train: {
      total: 12_271,
      perClass: { angry: 705, disgust: 717, fear: 281, happy: 4772, sad: 1982, surprise: 1290, neutral: 2524 },
    },
    test: {
      total: 3068,
      perClass: { angry: 162, disgust: 160, fear: 74, happy: 1185, sad: 478, surprise: 329, neutral: 680 },
    },
  },
};

const prefixes = ['', 'basic', 'RAF-DB', 'RAF-DB/basic'];
const lists = ['EmoLabel/list_patition_label.txt', 'list_patition_label.txt', 'EmoLabel/list_partition_label.txt'];

/** The reader behind `rafDb`. */
export const rafDbReader: DatasetReader<RafDbOptions> = /* @__PURE__ */ defineReader<
  RafDbOptions,
  { list: string; images: string }
>({
  name: 'raf-db',
  title: 'RAF-DB (basic expressions)',
  layout: [
    'EmoLabel/list_patition_label.txt    train_00001.jpg 5 (classes 1 to 7)',
    'Image/aligned/train_00001_aligned.jpg',
    'Image/aligned/test_0001_aligned.jpg',
    '(Image/original/train_00001.jpg)',
  ],
  obtain: 'http://www.whdeng.cn/RAF/model1.html, by request from a research institution',
  terms: 'non-commercial research; no copying or publishing of any part',
  async locate(index, { images = 'aligned' }) {
    checkChoice('images', images, ['aligned', 'original']);
    for (const prefix of prefixes) {
      const list = await index.findFirst(
        lists.map((path) => joinPath(prefix, path)),
        'file',
      );
      if (list === undefined) continue;
      const folder = await index.findFirst(
        [`Image/${images}`, images].map((path) => joinPath(prefix, path)),
        'folder',
      );
      const evidence = [`the list ${list}`];
      if (folder === undefined)
        return { evidence, difference: `there is no folder ${joinPath(prefix, `Image/${images}`)}` };
      return { evidence: [...evidence, `the pictures in ${folder}`], place: { list, images: folder } };
    }
    return { evidence: [], difference: 'there is no EmoLabel/list_patition_label.txt' };
  },
  async table(index, place, { images = 'aligned', missing = 'refuse' }) {
    checkChoice('missing', missing, ['refuse', 'skip']);
    const { folder } = index;
    const lines = await textLines(folder, place.list);
    const dropped: Record<string, number> = {};
    const seen = new Map<string, number>();
    const named = lines.map(({ text, row }) => {
      const parts = /^(\S+)\s+(\S+)$/.exec(text);
      const name = /^(train|test)_\d+\.jpe?g$/i.exec(parts?.[1] ?? '');
      if (parts === null || name === null) {
        throw badLine(
          folder,
          place.list,
          row,
          `'${text.slice(0, 80)}' is not a name and a class like 'train_00001.jpg 5'`,
          'Restore the list from the original archive',
        );
      }
      const label = /^[1-7]$/.test(parts[2]!) ? classOfCode[Number(parts[2]) - 1]! : undefined;
      if (label === undefined) {
        throw badLine(
          folder,
          place.list,
          row,
          `class '${parts[2]!.slice(0, 20)}' is not a whole number from 1 to 7`,
          'Pass the list of the basic expressions; RAF-DB numbers 1 surprise, 2 fear, 3 disgust, 4 happiness, 5 sadness, 6 anger, 7 neutral',
        );
      }
      const first = seen.get(parts[1]!.toLowerCase());
      if (first !== undefined) {
        throw badLine(
          folder,
          place.list,
          row,
          `'${parts[1]}' stands in row ${first} already`,
          'Restore the list from the original archive; each picture has one class',
        );
      }
      seen.set(parts[1]!.toLowerCase(), row);
      return { file: parts[1]!, split: name[1]!.toLowerCase(), label, row };
    });
    const find = async ({ file, split, label, row }: (typeof named)[number]): Promise<Sample | undefined> => {
      const name = images === 'original' ? file : file.replace(/(\.[a-z]+)$/i, '_aligned$1');
      const path = await index.find(joinPath(place.images, name), 'file');
      if (path !== undefined) return { place: path, label, split };
      if (missing === 'refuse') throw missingImage(folder, place.list, row, joinPath(place.images, name));
      countDrop(dropped, 'missing-image');
      return undefined;
    };
    const samples = await pMap(named, find, { concurrency: 16 });
    return pathTable({
      reader: 'raf-db',
      folder,
      classes: expressionClasses(7),
      samples: samples.filter((sample) => sample !== undefined),
      dropped,
      published,
    });
  },
});

/**
 * Reads RAF-DB, the single-label subset of seven basic expressions (Li, Deng and Du, CVPR 2017).
 *
 * Get it from http://www.whdeng.cn/RAF/model1.html by a signed request; non-commercial research only, no copies to others.
 * 12,271 pictures to train on and 3,068 to test on are published and checked.
 *
 * @throws DataError where the layout is another, the list is damaged, or (unless `missing: 'skip'`) a picture is missing.
 * @example
 * const table = await rafDb(openFolder('./RAF-DB'));
 * if (table.counts.complete === false) console.warn(table.counts.differences);
 * const train = await tableDataset(table, { split: 'train', size: 100 });
 */
export function rafDb(folder: DataFolder, options: RafDbOptions = {}): Promise<SampleTable> {
  return rafDbReader.read(folder, options);
}
