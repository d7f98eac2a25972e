import { checkChoice } from '../error/check.ts';
import { DataError } from '../error/data-error.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import type { FolderIndex } from '../folder/folder-index.ts';
import { joinPath } from '../folder/folder-index.ts';
import { expressionClasses, expressionOf } from '../table/expression-classes.ts';
import type { Sample, SampleTable } from '../table/sample-table.ts';
import type { DatasetReader } from './reader.ts';
import { defineReader, pathTable } from './reader.ts';
import { splitOfName } from './split-folders.ts';

/** Options of {@link imageFolder}. */
export interface ImageFolderOptions {
  /** Class names in label order: names of folders. Default: see `order`. */
  readonly classes?: readonly string[];
  /**
   * Label order without `classes`. `'canonical'` (default): where all folders are named after expressions, FER2013's order and
   * names (all seven, or eight with contempt, if six or more are there; otherwise those that are), else as `'sorted'`.
   * `'sorted'`: ascending by name in code units, as torchvision numbers them.
   */
  readonly order?: 'canonical' | 'sorted';
}

interface Part {
  readonly path: string;
  readonly split: string;
}

/** Folders within folders that are searched for pictures of a class. */
const deepest = 8;

/** The reader behind `imageFolder`. */
export const imageFolderReader: DatasetReader<ImageFolderOptions> = /* @__PURE__ */ defineReader<
  ImageFolderOptions,
  { parts: readonly Part[]; names: readonly string[] }
>({
  name: 'image-folder',
  title: 'a folder for each class',
  layout: ['cat/0001.png', 'dog/0001.png', 'or', 'train/cat/0001.png, test/cat/0002.png'],
  obtain: 'your own pictures',
  terms: 'your own',
  async locate(index, { classes }) {
    const top = await index.folders('');
    if (top.length === 0) return { evidence: [], difference: 'there is no folder in it' };
    const splits = top.every((name) => splitOfName(name) !== undefined);
    const parts: Part[] = splits
      ? top.map((name) => ({ path: name, split: splitOfName(name)! }))
      : [{ path: '', split: 'all' }];
    const names = new Set<string>();
    let pictures = 0;
    for (const { path } of parts) {
      const found = path === '' ? top : await index.folders(path);
      for (const name of found) {
        names.add(name);
        if (pictures === 0 && (await firstImage(index, joinPath(path, name), deepest))) pictures++;
      }
    }
    const evidence = [
      ...(splits ? [`the splits ${top.join(', ')}`] : []),
      `${names.size} folders: ${[...names].slice(0, 8).join(', ')}`,
    ];
    if (names.size < 2 && classes === undefined)
      return { evidence, difference: 'there are not two folders to be classes' };
    if (pictures === 0) return { evidence, difference: 'no folder holds a picture' };
    return { evidence, place: { parts, names: [...names].sort() } };
  },
  async table(index, { parts, names }, { classes: given, order = 'canonical' }) {
    checkChoice('order', order, ['canonical', 'sorted']);
    const { classes, labels } = numbered(names, given, order);
    const samples: Sample[] = [];
    for (const { path, split } of parts) {
      for (const name of await index.folders(path)) {
        const label = labels.get(name)!;
        for (const place of await imagesBelow(index, joinPath(path, name), deepest))
          samples.push({ place, label, split });
      }
    }
    return pathTable({ reader: 'image-folder', folder: index.folder, classes, samples });
  },
});

/** Class names, and the label of every folder name. */
function numbered(
  names: readonly string[],
  given: readonly string[] | undefined,
  order: 'canonical' | 'sorted',
): { classes: readonly string[]; labels: ReadonlyMap<string, number> } {
  if (given !== undefined) {
    const unknown = names.find((name) => !given.includes(name));
    if (unknown !== undefined) {
      throw new DataError({
        code: 'bad-option',
        source: 'classes',
        problem: `the folder '${unknown.slice(0, 80)}' is none of ${given.join(', ')}`,
        remedy: 'Name every folder, in label order',
      });
    }
    return { classes: given, labels: new Map(given.map((name, label) => [name, label])) };
  }
  const expressions = names.map(expressionOf);
  const distinct = new Set(expressions);
  if (order === 'canonical' && !distinct.has(undefined) && distinct.size === names.length) {
    const all = expressionClasses(distinct.has(7) ? 8 : 7);
    const classes = distinct.size >= 6 ? all : all.filter((_, label) => distinct.has(label));
    return { classes, labels: new Map(names.map((name, i) => [name, classes.indexOf(all[expressions[i]!]!)])) };
  }
  return { classes: names, labels: new Map(names.map((name, label) => [name, label])) };
}

async function firstImage(index: FolderIndex, path: string, depth: number): Promise<boolean> {
  if ((await index.images(path)).length > 0) return true;
  if (depth === 0) return false;
  for (const name of await index.folders(path))
    if (await firstImage(index, joinPath(path, name), depth - 1)) return true;
  return false;
}

async function imagesBelow(index: FolderIndex, path: string, depth: number): Promise<string[]> {
  const own = (await index.images(path)).map((name) => joinPath(path, name));
  if (depth === 0) return own;
  for (const name of await index.folders(path)) {
    // One by one: joining by spreading would overflow the stack in folders of many pictures.
    for (const place of await imagesBelow(index, joinPath(path, name), depth - 1)) own.push(place);
  }
  return own;
}

/**
 * Reads a folder a class, torchvision's convention (`ImageFolder`), with or without folders for the splits above. Pictures in
 * folders below a class belong to it.
 *
 * @throws DataError where there are no two folders with pictures, or `classes` does not name every folder.
 * @example
 * const table = await imageFolder(openFolder('./pets'));
 * const data = await tableDataset(table, { size: 64 });
 */
export function imageFolder(folder: DataFolder, options: ImageFolderOptions = {}): Promise<SampleTable> {
  return imageFolderReader.read(folder, options);
}
