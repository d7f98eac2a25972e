import { checkChoice, checkWhole } from '../error/check.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import { textLines } from '../folder/text-lines.ts';
import type { PublishedCounts } from '../table/counts.ts';
import { contemptClass, expressionClasses } from '../table/expression-classes.ts';
import type { Sample, SampleTable } from '../table/sample-table.ts';
import { countDrop } from '../table/sample-table.ts';
import { inFrameOrder, lastFrames } from './frames.ts';
import type { DatasetReader } from './reader.ts';
import { badLine, defineReader, pathTable } from './reader.ts';

/** Options of {@link ckPlus}. */
export interface CkPlusOptions {
  /** Frames at the end of each labelled sequence that show the expression. Default 3. */
  readonly lastFrames?: number;
  /** Whether the first frame of each labelled sequence counts as neutral. Default true. */
  readonly neutral?: boolean;
  /** 7, or 8 with contempt as class 7 (default, as the set has it). */
  readonly classes?: 7 | 8;
}

/** CK+'s codes: 0 neutral, 1 anger, 2 contempt, 3 disgust, 4 fear, 5 happy, 6 sadness, 7 surprise. */
const classOfCode: readonly number[] = [6, 0, contemptClass, 1, 2, 3, 4, 5];

/**
 * 327 sequences: the set's own ReadMe. By class: a third of the CK+48 export of three frames a sequence (135, 177, 75,
 * 207, 84, 249 and 54 pictures). The subjects of the labelled sequences are fewer than the set's 123.
 */
function publishedCounts(classes: 7 | 8): PublishedCounts {
  const perClass = { angry: 45, disgust: 59, fear: 25, happy: 69, sad: 28, surprise: 83 };
  return {
    source: "CK+'s ReadMe (Lucey et al., CVPR Workshops 2010): 327 labelled sequences",
    splits: {
      all: classes === 8 ? { total: 327, perClass: { ...perClass, contempt: 18 } } : { total: 309, perClass },
    },
  };
}

/** The reader behind `ckPlus`. */
export const ckPlusReader: DatasetReader<CkPlusOptions> = /* @__PURE__ */ defineReader<
  CkPlusOptions,
  { images: string; emotions: string }
>({
  name: 'ck-plus',
  title: 'CK+',
  layout: [
    'cohn-kanade-images/S005/001/S005_001_00000011.png',
    'Emotion/S005/001/S005_001_00000011_emotion.txt    3.0000000e+00',
  ],
  obtain: 'http://www.jeffcohn.net/Resources/, under a signed agreement',
  terms: 'non-commercial research; no redistribution',
  async locate(index) {
    const images = await index.findFirst(
      ['cohn-kanade-images', 'extended-cohn-kanade-images/cohn-kanade-images', 'CK+/cohn-kanade-images'],
      'folder',
    );
    if (images === undefined) return { evidence: [], difference: 'there is no folder cohn-kanade-images' };
    const emotions = await index.findFirst(['Emotion', 'Emotion_labels/Emotion', 'CK+/Emotion'], 'folder');
    const evidence = [`the sequences in ${images}`];
    if (emotions === undefined) return { evidence, difference: 'there is no folder Emotion' };
    return { evidence: [...evidence, `the labels in ${emotions}`], place: { images, emotions } };
  },
  async table(index, { images, emotions }, { lastFrames: last = 3, neutral = true, classes = 8 }) {
    checkWhole('lastFrames', last, 1, 1000);
    checkChoice('classes', classes, [7, 8]);
    const { folder } = index;
    const dropped: Record<string, number> = {};
    const samples: Sample[] = [];
    for (const subject of await index.folders(images)) {
      for (const number of await index.folders(`${images}/${subject}`)) {
        const sequence = `${subject}/${number}`;
        const frames = inFrameOrder(await index.images(`${images}/${sequence}`));
        const labels = (await index.find(`${emotions}/${sequence}`, 'folder')) ?? `${emotions}/${sequence}`;
        const file = (await index.list(labels)).find(
          ({ name, kind }) => kind === 'file' && /_emotion\.txt$/i.test(name),
        );
        if (file === undefined) {
          countDrop(dropped, 'no-emotion');
          continue;
        }
        const path = `${labels}/${file.name}`;
        const [line] = await textLines(folder, path, 4096);
        // Seven decimals and an exponent: 3.0000000e+00.
        const code = /^\d+(?:\.0*)?(?:e\+?0+)?$/i.test(line?.text ?? '') ? Number(line!.text) : NaN;
        const label = classOfCode[code];
        if (label === undefined) {
          throw badLine(
            folder,
            path,
            line?.row ?? 1,
            `'${(line?.text ?? '').slice(0, 40)}' is not an emotion from 0 to 7`,
            'Restore the file from the original archive',
          );
        }
        if (label === contemptClass && classes === 7) {
          countDrop(dropped, 'contempt');
          continue;
        }
        if (frames.length === 0) {
          countDrop(dropped, 'no-frames');
          continue;
        }
        const chosen = lastFrames(frames, last, neutral);
        const add = (name: string, of: number): void => {
          samples.push({ place: `${images}/${sequence}/${name}`, label: of, split: 'all', subject, sequence });
        };
        // The expression first: it is what the sequence counts as.
        for (const name of chosen.expression) add(name, label);
        for (const name of chosen.neutral) add(name, classOfCode[0]!);
      }
    }
    return pathTable({
      reader: 'ck-plus',
      folder,
      classes: expressionClasses(classes),
      samples,
      dropped,
      unit: 'sequences',
      published: publishedCounts(classes),
    });
  },
});

/**
 * Reads CK+, the extended Cohn-Kanade set (Lucey et al., CVPR Workshops 2010): sequences that begin neutral and end at the
 * height of an expression. A sequence without an emotion file has no label and is left out. Every sample knows its
 * subject; `groupFolds` makes the usual ten folds of it, subjects dealt out in ascending order.
 *
 * Get it from http://www.jeffcohn.net/Resources/ under a signed agreement; non-commercial research, no redistribution.
 * 327 labelled sequences are published and checked.
 *
 * @throws DataError where the layout is another or an emotion file is damaged.
 * @example
 * const data = await tableDataset(await ckPlus(openFolder('./CK+')), { size: 48, channels: 1 });
 * const folds = groupFolds(data, { folds: 10 });
 */
export function ckPlus(folder: DataFolder, options: CkPlusOptions = {}): Promise<SampleTable> {
  return ckPlusReader.read(folder, options);
}
