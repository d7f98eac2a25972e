import { DataError } from '../error/data-error.ts';
import { groupByBytes } from '../set/byte-groups.ts';
import { voteNames } from './classes.ts';

/** The three splits of FER2013: `Training`, `PublicTest`, `PrivateTest`. */
export const ferSplits: readonly FerSplit[] = ['train', 'valid', 'test'];

/** Name of a split. */
export type FerSplit = 'train' | 'valid' | 'test';

const usages: readonly string[] = ['Training', 'PublicTest', 'PrivateTest'];
const side = 48;

/** Bytes of one image. */
export const ferImageBytes: number = side * side;

/** Shape of every image. */
export const ferShape: readonly [number, number, number] = [side, side, 1];

/** Every row of `fer2013.csv`, and the votes of `fer2013new.csv` where they were given. */
export interface FerTable {
  readonly size: number;
  /** Pixels of all rows, one image after another. */
  readonly images: Uint8Array;
  /** FER2013 label of every row, 0 angry … 6 neutral. */
  readonly emotions: Uint8Array;
  /** Split of every row, an index into `['train', 'valid', 'test']`. */
  readonly splits: Uint8Array;
  /** Ten votes a row in the order of FER+: neutral, happiness, surprise, sadness, anger, disgust, fear, contempt, unknown, NF. */
  readonly votes: Uint8Array | undefined;
  /** First row with the same image of every row, its own index where there is none before it. */
  readonly firsts: Int32Array;
}

/** A stream of CSV records: fields as text, the header first. */
export type CsvRecords = Iterable<readonly string[]> | AsyncIterable<readonly string[]>;

/** One CSV file to read. */
export interface CsvSource {
  /** Name for error messages, such as the file's path. */
  readonly name: string;
  readonly records: CsvRecords;
}

const imageHeader = ['emotion', 'pixels', 'Usage'];
const voteHeader = ['Usage', 'Image name', ...voteNames];

function checkHeader(
  source: string,
  header: readonly string[] | undefined,
  wanted: readonly string[],
  remedy: string,
): void {
  const found = (header ?? []).map((field) => field.trim());
  if (found.length === wanted.length && wanted.every((name, i) => found[i]?.toLowerCase() === name.toLowerCase()))
    return;
  throw new DataError({
    code: 'bad-header',
    source,
    row: 1,
    problem:
      header === undefined
        ? 'the file is empty'
        : `the header is '${found.join(',').slice(0, 120)}', not '${wanted.join(',')}'`,
    remedy,
  });
}

function checkFields(source: string, row: number, record: readonly string[], header: readonly string[]): void {
  if (record.length === header.length) return;
  throw new DataError({
    code: 'bad-field-count',
    source,
    row,
    problem: `${record.length} fields where ${header.length} (${header.join(', ')}) belong`,
    remedy: 'Restore the row from the original file; a comma or a quotation mark may be missing',
  });
}

function splitOf(source: string, row: number, usage: string): number {
  const split = usages.indexOf(usage.trim());
  if (split >= 0) return split;
  throw new DataError({
    code: 'bad-usage',
    source,
    row,
    problem: `usage '${usage.slice(0, 40)}' is none of ${usages.join(', ')}`,
    remedy: 'Restore the last column (fer2013.csv) or the first (fer2013new.csv) from the original file',
  });
}

/** Writes the space-separated pixels of one image; refuses anything but 48 x 48 whole numbers in [0, 255]. */
function readPixels(source: string, row: number, text: string, out: Uint8Array, offset: number): void {
  const fail = (problem: string): never => {
    throw new DataError({
      code: 'bad-pixels',
      source,
      row,
      problem,
      remedy: `Write ${ferImageBytes} whole numbers from 0 to 255 with spaces between them (48 x 48, row by row)`,
    });
  };
  let count = 0;
  let value = -1;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : 32;
    if (code >= 48 && code <= 57) {
      value = (value < 0 ? 0 : value) * 10 + code - 48;
      if (value > 255) fail(`pixel ${count + 1} is above 255`);
    } else if (code === 32 || code === 9) {
      if (value < 0) continue;
      if (count < ferImageBytes) out[offset + count] = value;
      count++;
      value = -1;
    } else {
      fail(`pixel ${count + 1} holds '${text[i]}'`);
    }
  }
  if (count !== ferImageBytes) fail(`${count} pixels where ${ferImageBytes} belong`);
}

/** A copy with room for at least `length` values. */
function grow(values: Uint8Array, length: number): Uint8Array {
  if (values.length >= length) return values;
  const larger = new Uint8Array(Math.max(length, Math.ceil(values.length * 1.5)));
  larger.set(values);
  return larger;
}

/** Options of {@link readFerTable}. */
export interface FerSources {
  /** `fer2013.csv`: emotion,pixels,Usage. */
  readonly images: CsvSource;
  /** `fer2013new.csv` of FER+: Usage,Image name and ten votes, row for row with the images. */
  readonly votes?: CsvSource;
  /** Rows to make room for at first; a wrong guess costs a copy. Default 1024. */
  readonly expectedRows?: number;
}

/**
 * Reads FER2013's table, and FER+'s votes beside it, from CSV records. It needs no file system: in a browser, feed it
 * from any CSV reader. Memory: 2,304 bytes a row, in one array.
 *
 * @throws DataError that names the file, the row and the remedy, for every malformed input.
 * @example
 * const table = await readFerTable({ images: { name: 'fer2013.csv', records } });
 * const train = ferDatasetOf(table, { split: 'train', labels: 'fer2013' });
 */
export async function readFerTable({
  images: imageSource,
  votes: voteSource,
  expectedRows = 1024,
}: FerSources): Promise<FerTable> {
  let images: Uint8Array = new Uint8Array(expectedRows * ferImageBytes);
  let emotions: Uint8Array = new Uint8Array(expectedRows);
  let splits: Uint8Array = new Uint8Array(expectedRows);
  let size = 0;
  let header = true;
  for await (const record of imageSource.records) {
    if (header) {
      checkHeader(imageSource.name, record, imageHeader, "Pass Kaggle's fer2013.csv");
      header = false;
      continue;
    }
    const row = size + 2;
    checkFields(imageSource.name, row, record, imageHeader);
    const [emotion, pixels, usage] = record as [string, string, string];
    if (!/^[0-6]$/.test(emotion.trim())) {
      throw new DataError({
        code: 'bad-emotion',
        source: imageSource.name,
        row,
        problem: `emotion '${emotion.slice(0, 40)}' is not a whole number from 0 to 6`,
        remedy: 'Label the rows 0 angry, 1 disgust, 2 fear, 3 happy, 4 sad, 5 surprise, 6 neutral',
      });
    }
    images = grow(images, (size + 1) * ferImageBytes);
    emotions = grow(emotions, size + 1);
    splits = grow(splits, size + 1);
    readPixels(imageSource.name, row, pixels, images, size * ferImageBytes);
    emotions[size] = Number(emotion);
    splits[size] = splitOf(imageSource.name, row, usage);
    size++;
  }
  if (header) checkHeader(imageSource.name, undefined, imageHeader, "Pass Kaggle's fer2013.csv");
  const votes = voteSource && (await readVotes(voteSource, imageSource.name, splits, size));
  const imageOf = (row: number): Uint8Array => images.subarray(row * ferImageBytes, (row + 1) * ferImageBytes);
  return {
    size,
    firsts: groupByBytes(size, imageOf),
    images: images.subarray(0, size * ferImageBytes),
    emotions: emotions.subarray(0, size),
    splits: splits.subarray(0, size),
    votes,
  };
}

async function readVotes(source: CsvSource, imageName: string, splits: Uint8Array, size: number): Promise<Uint8Array> {
  const votes = new Uint8Array(size * voteNames.length);
  const remedy = "Pass FER+'s fer2013new.csv as published";
  let read = 0;
  let header = true;
  for await (const record of source.records) {
    if (header) {
      checkHeader(source.name, record, voteHeader, remedy);
      header = false;
      continue;
    }
    const row = read + 2;
    checkFields(source.name, row, record, voteHeader);
    if (read < size) {
      if (splitOf(source.name, row, record[0]!) !== splits[read]) {
        throw new DataError({
          code: 'row-mismatch',
          source: source.name,
          row,
          problem: `usage '${record[0]}' differs from '${usages[splits[read]!]}' in the same row of ${imageName}`,
          remedy: 'Pass both files in their original order',
        });
      }
      for (let k = 0; k < voteNames.length; k++) {
        const text = record[k + 2]!.trim();
        if (!/^\d{1,3}$/.test(text) || Number(text) > 255) {
          throw new DataError({
            code: 'bad-votes',
            source: source.name,
            row,
            problem: `'${text.slice(0, 40)}' votes for ${voteNames[k]} are not a whole number from 0 to 255`,
            remedy,
          });
        }
        votes[read * voteNames.length + k] = Number(text);
      }
    }
    read++;
  }
  if (header) checkHeader(source.name, undefined, voteHeader, remedy);
  if (read !== size) {
    throw new DataError({
      code: 'row-mismatch',
      source: source.name,
      problem: `${read} rows of votes beside ${size} rows in ${imageName}`,
      remedy: 'Pass the two files of the same release; they pair row by row',
    });
  }
  return votes;
}
