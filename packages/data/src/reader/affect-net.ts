import pMap from 'p-map';

import { readNpyNumber } from '../array-file/npy.ts';
import { checkChoice } from '../error/check.ts';
import { DataError } from '../error/data-error.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import { placeOf } from '../folder/data-folder.ts';
import type { FolderIndex } from '../folder/folder-index.ts';
import { joinPath } from '../folder/folder-index.ts';
import { safePath } from '../folder/safe-path.ts';
import type { PublishedCounts } from '../table/counts.ts';
import { contemptClass, expressionClasses } from '../table/expression-classes.ts';
import type { Sample, SampleTable } from '../table/sample-table.ts';
import { countDrop } from '../table/sample-table.ts';
import { inFrameOrder, stem } from './frames.ts';
import type { DatasetReader, MissingPolicy } from './reader.ts';
import { badLine, defineReader, missingImage, pathTable } from './reader.ts';

/** Options of {@link affectNet}. */
export interface AffectNetOptions {
  /** 7 (default), or 8 with contempt as class 7. */
  readonly classes?: 7 | 8;
  /** Default `'refuse'`. */
  readonly missing?: MissingPolicy;
}

/** AffectNet's codes: neutral, happiness, sadness, surprise, fear, disgust, anger, contempt, none, uncertain, no face. */
const classOfCode: readonly number[] = [6, 3, 4, 5, 2, 1, 0, contemptClass];
const reasonOfCode: Readonly<Record<number, string>> = { 8: 'none', 9: 'uncertain', 10: 'no-face' };

const trainClasses = {
  angry: 24_882,
  disgust: 3803,
  fear: 6378,
  happy: 134_415,
  sad: 25_459,
  surprise: 14_090,
  neutral: 74_874,
};
const validClasses = { angry: 500, disgust: 500, fear: 500, happy: 500, sad: 500, surprise: 500, neutral: 500 };

/**
 * Seven classes: 283,901 and 3,500, by class, in the README of coder-xinxiaohai/AffectNet_Processing; the totals also in
 * the survey of arXiv 2408.15777. Contempt: 3,750 of 287,651 (Mollahosseini, Hasani and Mahoor, 2017). The validation
 * set of eight classes has 4,000 in the CSV form; copies of the folder form are reported with 3,999, so it is checked for
 * the CSV form alone.
 */
function publishedCounts(classes: 7 | 8, form: 'csv' | 'folders'): PublishedCounts {
  const source = 'Mollahosseini, Hasani and Mahoor, 2017; classes as counted by coder-xinxiaohai/AffectNet_Processing';
  if (classes === 7) {
    return {
      source,
      splits: { train: { total: 283_901, perClass: trainClasses }, valid: { total: 3500, perClass: validClasses } },
    };
  }
  const train = { total: 287_651, perClass: { ...trainClasses, contempt: 3750 } };
  return {
    source,
    splits:
      form === 'folders' ? { train } : { train, valid: { total: 4000, perClass: { ...validClasses, contempt: 500 } } },
  };
}

interface CsvForm {
  readonly form: 'csv';
  readonly lists: readonly { readonly path: string; readonly split: string }[];
  readonly images: string;
}
interface FolderForm {
  readonly form: 'folders';
  readonly parts: readonly { readonly path: string; readonly split: string }[];
}

/** Header of `training.csv` and `validation.csv`; some copies come without it. */
const columns = [
  'subDirectory_filePath',
  'face_x',
  'face_y',
  'face_width',
  'face_height',
  'facial_landmarks',
  'expression',
  'valence',
  'arousal',
];

const splitOfFolder: Readonly<Record<string, string>> = {
  train_set: 'train',
  val_set: 'valid',
  validation_set: 'valid',
};

/** The reader behind `affectNet`. */
export const affectNetReader: DatasetReader<AffectNetOptions> = /* @__PURE__ */ defineReader<
  AffectNetOptions,
  CsvForm | FolderForm
>({
  name: 'affect-net',
  title: 'AffectNet',
  layout: [
    'training.csv, validation.csv        subDirectory_filePath, …, expression, valence, arousal (codes 0 to 10)',
    'Manually_Annotated_Images/1/0a1b2c.jpg',
    'or',
    'train_set/images/0.jpg, train_set/annotations/0_exp.npy',
    'val_set/images/0.jpg, val_set/annotations/0_exp.npy',
  ],
  obtain: 'http://mohammadmahoor.com/affectnet/, by request from a research institution',
  terms: 'non-commercial research; no redistribution',
  async locate(index) {
    const folders = await Promise.all(
      Object.entries(splitOfFolder).map(async ([name, split]) => ({ path: await index.find(name, 'folder'), split })),
    );
    const parts = folders.flatMap(({ path, split }) => (path === undefined ? [] : [{ path, split }]));
    if (parts.length > 0) {
      const evidence = parts.map(({ path }) => `the folder ${path}`);
      for (const { path } of parts) {
        for (const inner of ['images', 'annotations']) {
          if ((await index.find(`${path}/${inner}`, 'folder')) === undefined)
            return { evidence, difference: `there is no folder ${path}/${inner}` };
        }
      }
      return { evidence, place: { form: 'folders', parts } };
    }
    const lists: { path: string; split: string }[] = [];
    for (const [name, split] of [
      ['training.csv', 'train'],
      ['validation.csv', 'valid'],
    ] as const) {
      const path = await index.findFirst(
        ['', 'Manually_Annotated_file_lists', 'Manually_Annotated'].map((prefix) => joinPath(prefix, name)),
        'file',
      );
      if (path !== undefined) lists.push({ path, split });
    }
    if (lists.length === 0)
      return {
        evidence: [],
        difference: 'there is neither training.csv or validation.csv nor a folder train_set or val_set',
      };
    const evidence = lists.map(({ path }) => `the list ${path}`);
    for (const { path } of lists) {
      const header = await firstRecord(index, path);
      if (expressionColumn(header) === undefined)
        return { evidence, difference: `${path} has no columns subDirectory_filePath and expression` };
    }
    const images = await index.findFirst(
      ['Manually_Annotated_Images', 'Manually_Annotated/Manually_Annotated_Images', 'Manually_Annotated'],
      'folder',
    );
    if (images === undefined) return { evidence, difference: 'there is no folder Manually_Annotated_Images' };
    return { evidence: [...evidence, `the pictures in ${images}`], place: { form: 'csv', lists, images } };
  },
  async table(index, place, { classes = 7, missing = 'refuse' }) {
    checkChoice('classes', classes, [7, 8]);
    checkChoice('missing', missing, ['refuse', 'skip']);
    const dropped: Record<string, number> = {};
    const samples =
      place.form === 'csv'
        ? await csvSamples(index, place, classes, missing, dropped)
        : await folderSamples(index, place, classes, missing, dropped);
    return pathTable({
      reader: 'affect-net',
      folder: index.folder,
      classes: expressionClasses(classes),
      samples,
      dropped,
      published: publishedCounts(classes, place.form),
    });
  },
});

async function firstRecord(index: FolderIndex, path: string): Promise<readonly string[]> {
  for await (const record of index.folder.records(path)) return record;
  return [];
}

/** Where the path and the expression stand, and whether the first record is a header. */
function expressionColumn(first: readonly string[]): { path: number; expression: number; header: boolean } | undefined {
  const find = (name: string): number => first.findIndex((field) => field.toLowerCase() === name.toLowerCase());
  const [path, expression] = [find('subDirectory_filePath'), find('expression')];
  if (path >= 0 && expression >= 0) return { path, expression, header: true };
  // Without a header: nine fields in the official order, the seventh a code.
  if (first.length === columns.length && /^\d{1,2}$/.test(first[6]!) && first[0]!.includes('/'))
    return { path: 0, expression: 6, header: false };
  return undefined;
}

/** Class of a code; a reason to leave the picture out; undefined for what is no code. */
function labelOfCode(text: string, classes: 7 | 8): number | string | undefined {
  if (!/^\d{1,2}$/.test(text)) return undefined;
  const code = Number(text);
  const label = classOfCode[code];
  if (label === contemptClass && classes === 7) return 'contempt';
  return label ?? reasonOfCode[code];
}

async function csvSamples(
  index: FolderIndex,
  { lists, images }: CsvForm,
  classes: 7 | 8,
  missing: MissingPolicy,
  dropped: Record<string, number>,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const { path, split } of lists) {
    const source = placeOf(index.folder, path);
    let at: ReturnType<typeof expressionColumn>;
    let row = 0;
    for await (const record of index.folder.records(path)) {
      row++;
      if (at === undefined) {
        at = expressionColumn(record)!;
        if (at.header) continue;
      }
      if (record.length <= Math.max(at.path, at.expression)) {
        throw new DataError({
          code: 'bad-field-count',
          source,
          row,
          problem: `${record.length} fields where ${columns.length} (${columns.join(', ')}) belong`,
          remedy: 'Restore the row from the original file, or delete it',
        });
      }
      const label = labelOfCode(record[at.expression]!, classes);
      if (label === undefined) {
        throw badLine(
          index.folder,
          path,
          row,
          `expression '${record[at.expression]!.slice(0, 40)}' is not a code from 0 to 10`,
          'Restore the row from the original file, or delete it',
        );
      }
      if (typeof label === 'string') {
        countDrop(dropped, label);
        continue;
      }
      const file = joinPath(images, safePath(record[at.path]!, source, row, { windows: true }));
      const found = await index.find(file, 'file');
      if (found !== undefined) samples.push({ place: found, label, split });
      else if (missing === 'refuse') throw missingImage(index.folder, path, row, file);
      else countDrop(dropped, 'missing-image');
    }
  }
  return samples;
}

async function folderSamples(
  index: FolderIndex,
  { parts }: FolderForm,
  classes: 7 | 8,
  missing: MissingPolicy,
  dropped: Record<string, number>,
): Promise<Sample[]> {
  const { folder } = index;
  const samples: Sample[] = [];
  for (const { path, split } of parts) {
    const images = (await index.find(`${path}/images`, 'folder'))!;
    const annotations = (await index.find(`${path}/annotations`, 'folder'))!;
    const names = inFrameOrder(await index.images(images));
    const readOne = async (name: string): Promise<Sample | undefined> => {
      const wanted = `${annotations}/${stem(name)}_exp.npy`;
      const file = await index.find(wanted, 'file');
      if (file === undefined) {
        if (missing === 'skip') {
          countDrop(dropped, 'missing-annotation');
          return undefined;
        }
        throw new DataError({
          code: 'missing-file',
          source: placeOf(folder, wanted),
          problem: `the picture ${images}/${name} has no annotation`,
          remedy: "Unpack the annotations again, or pass missing: 'skip' to leave out and count such pictures",
        });
      }
      const source = placeOf(folder, file);
      const code = readNpyNumber(await folder.read(file, 4096), source);
      const label = labelOfCode(String(code), classes);
      if (label === undefined) {
        throw new DataError({
          code: 'bad-list',
          source,
          problem: `expression ${code} is not a code from 0 to 10`,
          remedy: 'Restore the file from the original archive',
        });
      }
      if (typeof label === 'number') return { place: `${images}/${name}`, label, split };
      countDrop(dropped, label);
      return undefined;
    };
    const read = await pMap(names, readOne, { concurrency: 16 });
    for (const sample of read) if (sample !== undefined) samples.push(sample);
  }
  return samples;
}

/**
 * Reads AffectNet's manually annotated pictures (Mollahosseini, Hasani and Mahoor, IEEE Transactions on Affective Computing,
 * 2017), in both forms that are given out: tables with a column `expression`, or folders with a `.npy` file a picture.
 * Pictures labelled none, uncertain or no face are left out and counted, and so is contempt with seven classes.
 *
 * Get it from http://mohammadmahoor.com/affectnet/ by a signed request; non-commercial research only. Published and
 * checked: 283,901 / 3,500 pictures of seven classes, 287,651 of eight.
 *
 * @throws DataError where the layout is another, a list or annotation is damaged, or (unless `missing: 'skip'`) a file is missing.
 * @example
 * const table = await affectNet(openFolder('./AffectNet'), { classes: 8 });
 * const valid = await tableDataset(table, { split: 'valid', size: 112, identity: 'places' });
 */
export function affectNet(folder: DataFolder, options: AffectNetOptions = {}): Promise<SampleTable> {
  return affectNetReader.read(folder, options);
}
