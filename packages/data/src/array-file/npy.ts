import { DataError } from '../error/data-error.ts';

/** What the header of a `.npy` file says. */
export interface NpyHeader {
  /** Kind and size of one value, such as `u1`, `f4`, `U2`. */
  readonly type: string;
  readonly littleEndian: boolean;
  readonly shape: readonly number[];
  /** Where the values begin. */
  readonly offset: number;
}

/** Bytes within which every header of ours ends. */
export const npyHeaderBytes: number = 4096;

const magic = '\x93NUMPY';

/** The error for a damaged or unsuitable array file. */
export function badNpy(source: string, problem: string, remedy?: string): DataError {
  return new DataError({
    code: 'malformed-npy',
    source,
    problem,
    remedy: remedy ?? 'Restore the file from its source, or write it again with numpy.save',
  });
}

/** Bytes of one value of a type; undefined for types that are not read. */
export function npyItemBytes(type: string): number | undefined {
  const match = /^([biufU])(\d{1,4})$/.exec(type);
  if (match === null) return undefined;
  const size = Number(match[2]);
  if (match[1] === 'U') return 4 * size;
  return (match[1] === 'f' ? [4, 8] : match[1] === 'b' ? [1] : [1, 2, 4, 8]).includes(size) ? size : undefined;
}

/**
 * Reads the header of a `.npy` file (numpy.lib.format, versions 1 to 3).
 *
 * @param bytes the file, or its first {@link npyHeaderBytes} bytes.
 * @throws DataError `malformed-npy` for other files, Fortran order, pickled objects and records.
 */
export function readNpyHeader(bytes: Uint8Array, source: string): NpyHeader {
  if (bytes.length < 12 || Array.from(magic).some((letter, i) => bytes[i] !== letter.charCodeAt(0)))
    throw badNpy(source, 'it is no .npy file: the first bytes are not \\x93NUMPY');
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw badNpy(source, `its format version is ${version}; 1 to 3 are read`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (start + length > bytes.length) throw badNpy(source, `its header of ${length} bytes is cut off`);
  const text = new TextDecoder().decode(bytes.subarray(start, start + length));
  const field = (name: string, pattern: string): string => {
    const match = new RegExp(`['"]${name}['"]\\s*:\\s*${pattern}`).exec(text);
    if (match === null)
      throw badNpy(source, `its header has no '${name}' that is understood: ${text.slice(0, 120).trim()}`);
    return match[1]!;
  };
  const description = field('descr', `['"]([<>|=]?[a-zA-Z]\\d*)['"]`);
  if (field('fortran_order', '(True|False)') === 'True')
    throw badNpy(source, 'the array is in Fortran order', 'Save numpy.ascontiguousarray(array)');
  const shape = field('shape', '\\(([\\d\\s,L]*)\\)')
    .replaceAll('L', '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
  if (
    shape.length > 8 ||
    shape.some((n) => !Number.isSafeInteger(n)) ||
    !Number.isSafeInteger(shape.reduce((a, b) => a * b, 1))
  )
    throw badNpy(source, `its shape (${shape.join(', ').slice(0, 80)}) cannot be`);
  const type = description.replace(/^[<>|=]/, '');
  if (npyItemBytes(type) === undefined)
    throw badNpy(
      source,
      `values of type '${description}' are not read`,
      'Save whole numbers, such as array.astype(numpy.int64)',
    );
  return { type, littleEndian: !description.startsWith('>'), shape, offset: start + length };
}

/**
 * Numbers of a whole-number, float, boolean or text array as JavaScript numbers; text must be whole numbers.
 *
 * @param body the values, without the header.
 * @throws DataError where values are missing or are no whole numbers that fit.
 */
export function npyNumbers({ type, littleEndian, shape }: NpyHeader, body: Uint8Array, source: string): Float64Array {
  const count = shape.reduce((a, b) => a * b, 1);
  const size = npyItemBytes(type)!;
  if (body.length < count * size)
    throw badNpy(source, `${body.length} bytes of values where its shape (${shape.join(', ')}) needs ${count * size}`);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const out = new Float64Array(count);
  const readers: Readonly<Record<string, (offset: number) => number>> = {
    b1: (o: number) => view.getUint8(o),
    u1: (o: number) => view.getUint8(o),
    i1: (o: number) => view.getInt8(o),
    u2: (o: number) => view.getUint16(o, littleEndian),
    i2: (o: number) => view.getInt16(o, littleEndian),
    u4: (o: number) => view.getUint32(o, littleEndian),
    i4: (o: number) => view.getInt32(o, littleEndian),
    u8: (o: number) => Number(view.getBigUint64(o, littleEndian)),
    i8: (o: number) => Number(view.getBigInt64(o, littleEndian)),
    f4: (o: number) => view.getFloat32(o, littleEndian),
    f8: (o: number) => view.getFloat64(o, littleEndian),
  };
  const at = readers[type] ?? ((o: number) => textNumber(view, o, size / 4, littleEndian));
  for (let i = 0; i < count; i++) {
    const value = at(i * size);
    if (!Number.isFinite(value)) throw badNpy(source, `value ${i} is not a number`);
    out[i] = value;
  }
  return out;
}

/** A whole number written as UTF-32 text, as AffectNet's annotations are; NaN for other text. */
function textNumber(view: DataView, offset: number, letters: number, littleEndian: boolean): number {
  let text = '';
  for (let k = 0; k < letters; k++) {
    const code = view.getUint32(offset + 4 * k, littleEndian);
    if (code === 0) break;
    if (code > 0x10ffff) return NaN;
    text += String.fromCodePoint(code);
  }
  return /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : NaN;
}

/**
 * The one value of a `.npy` file that holds one.
 *
 * @throws DataError `malformed-npy` where it holds none, several, or something else than a number.
 */
export function readNpyNumber(bytes: Uint8Array, source: string): number {
  const header = readNpyHeader(bytes, source);
  const count = header.shape.reduce((a, b) => a * b, 1);
  if (count !== 1) throw badNpy(source, `it holds ${count} values where one belongs`);
  return npyNumbers(header, bytes.subarray(header.offset), source)[0]!;
}
