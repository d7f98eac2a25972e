import { snappyUncompress } from 'hyparquet';

import { inflateExactly } from '../image/inflate.ts';
import { readThrift } from './thrift.ts';

/** What the footer says of one column of one row group. */
export interface ColumnFacts {
  readonly codec: string;
  /** Definition level of a value that is there; 0 for columns that need no levels. */
  readonly maxDefinition: number;
  /** Rows of the row group: each has one value or none. */
  readonly rows: number;
}

const dataPage = 0;
const dictionaryPage = 2;
const dataPageV2 = 3;
const plain = 0;
/** PLAIN_DICTIONARY and RLE_DICTIONARY. */
const dictionary: readonly number[] = [2, 8];

/** Most that one page inflates to. */
const greatestPage = 1 << 30;

/** Bits that hold numbers up to a value. */
const bitsFor = (value: number): number => 32 - Math.clz32(value);

/**
 * Looks through the pages of one column of one row group before they are decoded: that each lies within the column, holds
 * no more than its row group, and that its run lengths come to no more values than it says.
 *
 * @param bytes the column's part of the file.
 * @throws Error (not a DataError; callers know the file) for what is damaged or not supported.
 */
export function checkPages(bytes: Uint8Array, { codec, maxDefinition, rows }: ColumnFacts): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  let values = 0;
  while (offset < bytes.length) {
    const header = readThrift(view, offset, bytes.length);
    const number = (of: typeof header | undefined, field: number, name: string): number => {
      const value = of?.numbers.get(field);
      if (value === undefined || !(value >= 0 && value <= greatestPage))
        throw new Error(`page at byte ${offset}: ${name} is ${value}`);
      return value;
    };
    const type = number(header, 1, 'its type');
    const size = number(header, 2, 'its size');
    const compressed = number(header, 3, 'its compressed size');
    const start = header.end;
    if (compressed > bytes.length - start) throw new Error(`page at byte ${offset}: it is cut off`);
    const body = bytes.subarray(start, start + compressed);
    if (type === dictionaryPage) {
      const count = number(header.structs.get(7), 1, 'its number of values');
      if (count > size) throw new Error(`page at byte ${offset}: ${count} values in ${size} bytes`);
      inflatePage(body, size, codec);
    } else if (type === dataPage) {
      const facts = header.structs.get(5);
      const count = checkCount(number(facts, 1, 'its number of values'), rows - values, offset);
      const page = inflatePage(body, size, codec);
      let at = 0;
      if (maxDefinition > 0) {
        const length = page.length < 4 ? -1 : new DataView(page.buffer, page.byteOffset).getUint32(0, true);
        if (length < 0 || length > page.length - 4) throw new Error(`page at byte ${offset}: its levels are cut off`);
        checkRuns(page.subarray(4, 4 + length), bitsFor(maxDefinition), count);
        at = 4 + length;
      }
      checkValues(page.subarray(at), number(facts, 2, 'its encoding'), count, offset);
      values += count;
    } else if (type === dataPageV2) {
      const facts = header.structs.get(8);
      const count = checkCount(number(facts, 1, 'its number of values'), rows - values, offset);
      const nulls = number(facts, 2, 'its number of nulls');
      const definition = number(facts, 5, 'its levels');
      const repetition = number(facts, 6, 'its levels');
      if (nulls > count || definition + repetition > compressed || definition + repetition > size)
        throw new Error(`page at byte ${offset}: its parts are larger than it is`);
      const levels = body.subarray(repetition, repetition + definition);
      if (maxDefinition > 0) checkRuns(levels, bitsFor(maxDefinition), count);
      const rest = body.subarray(definition + repetition);
      const compressedValues = facts?.flags.get(7) !== false;
      const page = inflatePage(rest, size - definition - repetition, compressedValues ? codec : 'UNCOMPRESSED');
      checkValues(page, number(facts, 4, 'its encoding'), count, offset);
      values += count;
    } else if (type !== 1) throw new Error(`page at byte ${offset}: there is no page type ${type}`);
    offset = start + compressed;
  }
  if (values < rows) throw new Error(`its pages hold ${values} values where ${rows} belong`);
}

function checkCount(count: number, left: number, offset: number): number {
  if (count > left) throw new Error(`page at byte ${offset}: ${count} values where ${left} are left`);
  return count;
}

/**
 * Inflates a page.
 *
 * @throws Error where it does not come to `size` bytes, or the codec is not read.
 */
export function inflatePage(bytes: Uint8Array, size: number, codec: string): Uint8Array {
  if (codec === 'UNCOMPRESSED') {
    if (bytes.length !== size) throw new Error(`a page of ${bytes.length} bytes should have ${size}`);
    return bytes;
  }
  if (codec === 'GZIP') return inflateExactly(bytes, size, 'gzip');
  if (codec !== 'SNAPPY') throw new Error(`it is compressed with ${codec}; SNAPPY, GZIP and none are read`);
  // A copy of 64 bytes takes three bytes.
  if (size > 32 * bytes.length + 64) throw new Error(`${bytes.length} compressed bytes cannot hold ${size}`);
  const page = new Uint8Array(size);
  snappyUncompress(bytes, page);
  return page;
}

function checkValues(bytes: Uint8Array, encoding: number, count: number, offset: number): void {
  if (encoding === plain) return;
  if (!dictionary.includes(encoding))
    throw new Error(`page at byte ${offset}: encoding ${encoding} is not read; PLAIN and RLE_DICTIONARY are`);
  if (bytes.length === 0) return;
  if (bytes[0]! > 32) throw new Error(`page at byte ${offset}: its indices have ${bytes[0]} bits`);
  checkRuns(bytes.subarray(1), bytes[0]!, count);
}

/** Checks runs of the RLE and bit-packing hybrid: each lies within the bytes, and together they hold about `count` values. */
function checkRuns(bytes: Uint8Array, bits: number, count: number): void {
  if (bits === 0) return;
  let offset = 0;
  let seen = 0;
  while (seen < count) {
    let header = 0;
    for (let i = 0; ; i++) {
      if (offset >= bytes.length || i === 5) throw new Error('its run lengths are cut off');
      const next = bytes[offset++]!;
      header += (next & 127) * 2 ** (7 * i);
      if (next < 128) break;
    }
    const length = Math.floor(header / 2);
    if (header % 2 === 1) {
      // Writers pad the last group of bit-packed values to eight, and some to a block of 504.
      if (length * 8 > count - seen + 504) throw new Error('its runs hold more values than it has');
      seen += length * 8;
      offset += length * bits;
    } else {
      if (length > count - seen) throw new Error('its runs hold more values than it has');
      seen += length;
      offset += (bits + 7) >> 3;
    }
  }
}
