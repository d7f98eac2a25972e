import { Gunzip, Inflate, Unzlib } from 'fflate';

/** Bytes to feed at once; a deflate stream grows at most about a thousandfold, so no more than 32 MiB come at once. */
const portion = 1 << 15;

/**
 * Inflates a deflate stream of which the length is known. It stops as soon as more comes out, so a stream that expands
 * without end costs no more memory than it should.
 *
 * @param wrapping what is around the stream: nothing (zip), zlib (PNG) or gzip.
 * @returns `length` bytes.
 * @throws Error (not a DataError; callers know the file) where the stream is broken, too short or too long.
 */
export function inflateExactly(
  bytes: Uint8Array,
  length: number,
  wrapping: 'none' | 'zlib' | 'gzip',
): Uint8Array<ArrayBuffer> {
  // No deflate stream grows more than 1032-fold: what claims to is refused before room is made for it.
  if (length > 1032 * bytes.length + 64) throw new Error(`${bytes.length} compressed bytes cannot hold ${length}`);
  const out = new Uint8Array(length);
  let filled = 0;
  let finished = false;
  const take = (data: Uint8Array, final: boolean): void => {
    if (filled + data.length > length) throw new Error(`more than ${length} bytes come out of the compressed data`);
    out.set(data, filled);
    filled += data.length;
    finished ||= final;
  };
  const stream = wrapping === 'none' ? new Inflate(take) : wrapping === 'zlib' ? new Unzlib(take) : new Gunzip(take);
  for (let start = 0; start < bytes.length; start += portion) {
    const end = Math.min(bytes.length, start + portion);
    stream.push(bytes.subarray(start, end), end === bytes.length);
    if (finished) break;
  }
  if (filled !== length) throw new Error(`${filled} bytes come out of the compressed data where ${length} belong`);
  return out;
}
