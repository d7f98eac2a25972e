import { DataError } from '../error/data-error.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import { placeOf } from '../folder/data-folder.ts';
import { inflateExactly } from '../image/inflate.ts';

/** One file in a zip archive. */
export interface ZipEntry {
  readonly name: string;
  /** 0: stored as it is; 8: deflated. */
  readonly method: number;
  readonly compressed: number;
  readonly size: number;
  /** Where its local header stands in the archive. */
  readonly header: number;
}

/** Bytes of the central directory that are read: some hundred thousand names. */
const greatestDirectory = 1 << 25;

function badZip(source: string, problem: string, cause?: unknown): DataError {
  return new DataError({
    code: 'malformed-npz',
    source,
    problem: `the archive is damaged: ${problem}`,
    remedy: 'Restore the file from its source, or write it again with numpy.savez',
    cause,
  });
}

/** A little-endian 64-bit number that JavaScript can hold; more is as good as infinite here. */
const uint64 = (view: DataView, offset: number): number =>
  view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 0x1_0000_0000;

/**
 * Lists a zip archive by its central directory, with the 64-bit fields that numpy writes.
 *
 * @throws DataError `malformed-npz` where the archive is damaged.
 */
export async function zipEntries(folder: DataFolder, path: string): Promise<ZipEntry[]> {
  const source = placeOf(folder, path);
  const length = (await folder.size(path)) ?? 0;
  const tailStart = Math.max(0, length - 65_557);
  const tail = await folder.slice(path, tailStart, length);
  const view = new DataView(tail.buffer);
  let end = tail.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw badZip(source, 'it has no directory at its end; it may be cut off');
  let count = view.getUint16(end + 10, true);
  let size = view.getUint32(end + 12, true);
  let start = view.getUint32(end + 16, true);
  if (end >= 20 && view.getUint32(end - 20, true) === 0x07064b50) {
    const at = uint64(view, end - 20 + 8);
    const record = at + 56 <= length ? await folder.slice(path, at, at + 56) : new Uint8Array(0);
    const wide = new DataView(record.buffer);
    if (record.length < 56 || wide.getUint32(0, true) !== 0x06064b50)
      throw badZip(source, 'its 64-bit directory is missing');
    count = uint64(wide, 32);
    size = uint64(wide, 40);
    start = uint64(wide, 48);
  }
  if (size > greatestDirectory || start + size > length) throw badZip(source, 'its directory lies outside of it');
  const bytes = await folder.slice(path, start, start + size);
  const directory = new DataView(bytes.buffer);
  const entries: ZipEntry[] = [];
  let offset = 0;
  for (let i = 0; i < count; i++) {
    if (offset + 46 > bytes.length || directory.getUint32(offset, true) !== 0x02014b50)
      throw badZip(source, `entry ${i + 1} of its directory is missing`);
    const nameLength = directory.getUint16(offset + 28, true);
    const extraLength = directory.getUint16(offset + 30, true);
    const next = offset + 46 + nameLength + extraLength + directory.getUint16(offset + 32, true);
    if (next > bytes.length) throw badZip(source, `entry ${i + 1} of its directory is cut off`);
    let own = directory.getUint32(offset + 24, true);
    let compressed = directory.getUint32(offset + 20, true);
    let header = directory.getUint32(offset + 42, true);
    // Extra field 1 holds, in this order, those of the three that did not fit into 32 bits.
    for (let at = offset + 46 + nameLength; at + 4 <= offset + 46 + nameLength + extraLength;) {
      const fieldLength = directory.getUint16(at + 2, true);
      const fieldEnd = Math.min(at + 4 + fieldLength, bytes.length);
      if (directory.getUint16(at, true) === 1) {
        let value = at + 4;
        const wide = (narrow: number): number => {
          if (narrow !== 0xffffffff || value + 8 > fieldEnd) return narrow;
          value += 8;
          return uint64(directory, value - 8);
        };
        own = wide(own);
        compressed = wide(compressed);
        header = wide(header);
      }
      at += 4 + fieldLength;
    }
    if (header + 30 > length || header + 30 + compressed > length)
      throw badZip(source, `entry ${i + 1} lies outside of it`);
    const name = new TextDecoder().decode(bytes.subarray(offset + 46, offset + 46 + nameLength));
    entries.push({ name, method: directory.getUint16(offset + 10, true), compressed, size: own, header });
    offset = next;
  }
  return entries;
}

/** A file in an archive, of which parts can be read. */
export interface ZipFile {
  readonly size: number;
  /** Bytes [start, end) of it. A deflated file is inflated whole at the first call, and kept. */
  slice(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Opens one file of an archive.
 *
 * @param limit most bytes that a deflated file may inflate to.
 * @throws DataError where it is damaged, encrypted, or larger than the limit.
 */
export async function openZipEntry(folder: DataFolder, path: string, entry: ZipEntry, limit: number): Promise<ZipFile> {
  const source = `${placeOf(folder, path)}, ${entry.name}`;
  const local = await folder.slice(path, entry.header, entry.header + 30);
  const view = new DataView(local.buffer);
  if (local.length < 30 || view.getUint32(0, true) !== 0x04034b50) throw badZip(source, 'its local header is missing');
  if ((view.getUint16(6, true) & 1) !== 0) throw badZip(source, 'it is encrypted');
  const start = entry.header + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  if (start + entry.compressed > ((await folder.size(path)) ?? 0)) throw badZip(source, 'it is cut off');
  if (entry.method === 0) {
    if (entry.compressed !== entry.size)
      throw badZip(source, `${entry.compressed} bytes are stored where ${entry.size} belong`);
    return {
      size: entry.size,
      slice: (from, to) => folder.slice(path, start + from, start + Math.min(to, entry.size)),
    };
  }
  if (entry.method !== 8) throw badZip(source, `its compression method ${entry.method} is not read`);
  if (entry.size > limit) {
    throw new DataError({
      code: 'too-large',
      source,
      problem: `it inflates to ${entry.size} bytes; ${limit} are the most that are inflated`,
      remedy: 'Write it again with numpy.savez, which does not compress: then its parts are read as they are needed',
    });
  }
  let whole: Promise<Uint8Array<ArrayBuffer>> | undefined;
  const inflate = async (): Promise<Uint8Array<ArrayBuffer>> => {
    const compressed = await folder.slice(path, start, start + entry.compressed);
    try {
      return inflateExactly(compressed, entry.size, 'none');
    } catch (cause) {
      throw badZip(source, cause instanceof Error ? cause.message : String(cause), cause);
    }
  };
  return { size: entry.size, slice: async (from, to) => (await (whole ??= inflate())).slice(from, to) };
}
