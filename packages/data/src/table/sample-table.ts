import type { DataFolder, FolderLocation } from '../folder/data-folder.ts';
import type { DecodedImage } from '../image/image.ts';
import type { CountReport } from './counts.ts';

/** One labelled picture of a data set, not yet read. */
export interface Sample {
  /** Where the picture is: a path below the data folder, or a file and a row of it. */
  readonly place: string;
  /** Index into the table's classes. */
  readonly label: number;
  /** Part of the data set that it belongs to: `'train'`, `'valid'`, `'test'`, or `'all'` where the set has no parts. */
  readonly split: string;
  /** Person in the picture, where the set says so. */
  readonly subject?: string;
  /** Sequence, clip or film that the picture is a frame of. */
  readonly sequence?: string;
}

/** What {@link SampleTable.load} gives: the bytes of a picture file, or pixels where the set stores pixels. */
export type StoredImage =
  | { readonly kind: 'file'; readonly bytes: Uint8Array }
  | { readonly kind: 'pixels'; readonly image: DecodedImage };

/** Where the pictures of a table lie on a disk, as plain data from which another thread reads the same ones. */
export interface TableOrigin {
  readonly folder: FolderLocation;
  /** The reader to read the table with; null where every {@link Sample.place} is the path of a picture file. */
  readonly reader: { readonly name: string; readonly options: Readonly<Record<string, unknown>> } | null;
}

/** Reads a picture of a table by its index. */
export interface LoadPicture {
  (id: number): Promise<StoredImage>;
  /** Where it reads from; absent where no other thread can, as of pixels in memory. It belongs to the function: another one reads elsewhere. */
  readonly origin?: TableOrigin;
}

/** A way to load pictures, with where it reads from where that is a folder on a disk. */
export function loadFrom(
  folder: DataFolder,
  reader: TableOrigin['reader'],
  load: (id: number) => Promise<StoredImage>,
): LoadPicture {
  const { location } = folder;
  return location === undefined ? load : Object.assign(load, { origin: { folder: location, reader } });
}

/** Why a reader left something out, with how often. */
export type Dropped = Readonly<Record<string, number>>;

/**
 * What a reader makes of a data set: every sample with its label, and a way to its picture. Take data sets to train on
 * from it with `tableDataset`.
 */
export interface SampleTable {
  /** Name of the reader, such as `'raf-db'`. */
  readonly reader: string;
  /** What the caller named the folder or file. */
  readonly source: string;
  readonly classes: readonly string[];
  readonly samples: readonly Sample[];
  /** What was left out, by reason (such as `contempt`, `missing-image`). */
  readonly dropped: Dropped;
  /** What is there beside what was published. */
  readonly counts: CountReport;
  /**
   * The picture of one sample.
   *
   * @param id index into `samples`.
   * @throws DataError where it cannot be read.
   */
  readonly load: LoadPicture;
}

/** Adds one to a count by reason. */
export function countDrop(dropped: Record<string, number>, reason: string, amount = 1): void {
  dropped[reason] = (dropped[reason] ?? 0) + amount;
}
