import type { NpyHeader } from '../array-file/npy.ts';
import { badNpy, npyHeaderBytes, npyItemBytes, npyNumbers, readNpyHeader } from '../array-file/npy.ts';
import type { ZipFile } from '../array-file/zip.ts';
import { openZipEntry, zipEntries } from '../array-file/zip.ts';
import { DataError } from '../error/data-error.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import { placeOf } from '../folder/data-folder.ts';
import type { FolderIndex } from '../folder/folder-index.ts';
import { countReport } from '../table/counts.ts';
import type { Sample, SampleTable } from '../table/sample-table.ts';
import { classLabels } from './class-labels.ts';
import type { DatasetReader } from './reader.ts';
import { defineReader } from './reader.ts';
import { filesWithEnding } from './single-file.ts';

/** Options of {@link npzTable}. */
export interface NpzTableOptions {
  /** The file, relative to the folder. Default: the only `.npz` in it. */
  readonly file?: string;
  /** Class names in label order. Default: the numbers. */
  readonly classes?: readonly string[];
}

/** Most bytes that a compressed array may inflate to: it has to be held whole. */
const greatestArray = 2_000_000_000;

/** Names of arrays that belong together, by split. */
const pairs: readonly (readonly [images: string, labels: string, split: string])[] = [
  ['x_train', 'y_train', 'train'],
  ['x_valid', 'y_valid', 'valid'],
  ['x_val', 'y_val', 'valid'],
  ['x_test', 'y_test', 'test'],
  ['train_images', 'train_labels', 'train'],
  ['val_images', 'val_labels', 'valid'],
  ['test_images', 'test_labels', 'test'],
  ['images', 'labels', 'all'],
  ['x', 'y', 'all'],
  ['data', 'labels', 'all'],
  ['arr_0', 'arr_1', 'all'],
];

interface Pair {
  readonly images: string;
  readonly labels: string;
  readonly split: string;
}

/** The reader behind `npzTable`. */
export const npzTableReader: DatasetReader<NpzTableOptions> = /* @__PURE__ */ defineReader<
  NpzTableOptions,
  { file: string; pairs: readonly Pair[] }
>({
  name: 'npz',
  title: "arrays of pictures (NumPy's .npz)",
  layout: ['faces.npz                           x_train, y_train, x_test, y_test; or images, labels'],
  obtain: 'your own arrays',
  terms: 'your own',
  async locate(index, { file }) {
    const found = await filesWithEnding(index, ['npz'], file);
    if (!('place' in found)) return found;
    if (found.place.length > 1)
      return { evidence: found.evidence, difference: 'there are several; say which one in `file`' };
    const [path] = found.place as readonly [string];
    const entries = await zipEntries(index.folder, path);
    const names = new Map(entries.map(({ name }) => [name.toLowerCase().replace(/\.npy$/, ''), name]));
    const known = pairs.flatMap(([images, labels, split]): Pair[] =>
      names.has(images) && names.has(labels) ? [{ images: names.get(images)!, labels: names.get(labels)!, split }] : [],
    );
    if (known.length === 0) {
      return {
        evidence: found.evidence,
        difference: `${path} has no x_train with y_train and no images with labels (it has ${[...names.keys()].slice(0, 8).join(', ').slice(0, 200)})`,
      };
    }
    const splits = new Set(known.map(({ split }) => split));
    const pairsUsed = known.filter(({ split }, i) => known.findIndex((other) => other.split === split) === i);
    return {
      evidence: [...found.evidence, ...pairsUsed.map(({ images, labels }) => `the arrays ${images} and ${labels}`)],
      // x and y beside x_train and y_train would hold the same pictures twice.
      place: { file: path, pairs: splits.size > 1 ? pairsUsed.filter(({ split }) => split !== 'all') : pairsUsed },
    };
  },
  async table(index, { file, pairs: used }, { classes: given }) {
    const { folder } = index;
    const loaded = await Promise.all(used.map((pair) => loadPair(index, file, pair)));
    const all = loaded.flatMap(({ source, labels }) =>
      labels.map((value, i) => ({
        value,
        fail: (problem: string, remedy: string): never => {
          throw new DataError({ code: 'bad-label', source, row: i + 1, problem, remedy });
        },
      })),
    );
    const numbered = classLabels(all, given);
    const samples: Sample[] = [];
    const owners: { part: number; row: number }[] = [];
    loaded.forEach(({ labels, pair }, part) => {
      labels.forEach((_, row) => {
        samples.push({
          place: `${file}, ${pair.images} row ${row + 1}`,
          label: numbered.labels[samples.length]!,
          split: pair.split,
        });
        owners.push({ part, row });
      });
    });
    if (samples.length === 0)
      throw new DataError({
        code: 'no-samples',
        source: placeOf(folder, file),
        problem: 'its arrays are empty',
        remedy: 'Save arrays with at least one picture',
      });
    return {
      reader: 'npz',
      source: folder.name,
      classes: numbered.classes,
      samples,
      dropped: {},
      counts: countReport(samples, numbered.classes, 'images', null),
      async load(id) {
        const { part, row } = owners[id]!;
        return { kind: 'pixels', image: await loaded[part]!.image(row) };
      },
    };
  },
});

interface LoadedPair {
  readonly pair: Pair;
  /** Names the labels' array for messages. */
  readonly source: string;
  readonly labels: readonly number[];
  image(row: number): Promise<{ width: number; height: number; channels: 1 | 3; data: Uint8Array }>;
}

async function openArray(
  index: FolderIndex,
  file: string,
  name: string,
): Promise<{ header: NpyHeader; file: ZipFile; source: string }> {
  const entry = (await zipEntries(index.folder, file)).find((other) => other.name === name)!;
  const source = `${placeOf(index.folder, file)}, ${name}`;
  const opened = await openZipEntry(index.folder, file, entry, greatestArray);
  const header = readNpyHeader(await opened.slice(0, Math.min(opened.size, npyHeaderBytes)), source);
  const bytes = header.shape.reduce((a, b) => a * b, 1) * npyItemBytes(header.type)!;
  if (header.offset + bytes > opened.size)
    throw badNpy(
      source,
      `${opened.size - header.offset} bytes of values where its shape (${header.shape.join(', ')}) needs ${bytes}`,
    );
  return { header, file: opened, source };
}

async function loadPair(index: FolderIndex, file: string, pair: Pair): Promise<LoadedPair> {
  const images = await openArray(index, file, pair.images);
  const labels = await openArray(index, file, pair.labels);
  const [count = 0, height = 0, width = 0, channels = 1, ...rest] = images.header.shape;
  if (images.header.type !== 'u1') {
    throw badNpy(
      images.source,
      `the pictures are of type ${images.header.type}`,
      'Save bytes from 0 to 255, such as (x * 255).round().astype(numpy.uint8)',
    );
  }
  if (
    images.header.shape.length < 3 ||
    rest.length > 0 ||
    (channels !== 1 && channels !== 3) ||
    height < 1 ||
    width < 1 ||
    height > 4096 ||
    width > 4096
  ) {
    throw badNpy(
      images.source,
      `the shape (${images.header.shape.join(', ')}) is not N x height x width, with 1 or 3 channels last`,
      'Move the axes with numpy.transpose, and save again',
    );
  }
  const [rows = 0, columns = 1, ...more] = labels.header.shape;
  if (labels.header.shape.length < 1 || columns !== 1 || more.length > 0 || !/^[biu]/.test(labels.header.type)) {
    throw badNpy(
      labels.source,
      `labels of type ${labels.header.type} and shape (${labels.header.shape.join(', ')}) are not one whole number a picture`,
      'Save class numbers, such as y.argmax(axis=1) of one-hot rows',
    );
  }
  if (rows !== count)
    throw badNpy(
      labels.source,
      `${rows} labels beside ${count} pictures in ${pair.images}`,
      'Save as many labels as pictures',
    );
  const body = await labels.file.slice(labels.header.offset, labels.file.size);
  const area = height * width * channels;
  return {
    pair,
    source: labels.source,
    labels: [...npyNumbers(labels.header, body, labels.source)],
    async image(row) {
      const start = images.header.offset + row * area;
      return { width, height, channels, data: await images.file.slice(start, start + area) };
    },
  };
}

/**
 * Reads NumPy's `.npz` with arrays of pictures and of labels: `x_train` and `y_train` (and `valid`, `test`), or `images` and
 * `labels`. Pictures are N x H x W, N x H x W x 1 or N x H x W x 3 of uint8; labels are whole numbers, N or N x 1. Of files
 * that `numpy.savez` wrote, pictures are read as they are needed; of `numpy.savez_compressed`, each array is held.
 *
 * @throws DataError where arrays are missing, damaged, or of another type or shape.
 * @example const table = await npzTable(openFolder('./data'), { file: 'faces.npz', classes: ['happy', 'sad'] });
 */
export function npzTable(folder: DataFolder, options: NpzTableOptions = {}): Promise<SampleTable> {
  return npzTableReader.read(folder, options);
}
