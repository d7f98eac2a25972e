/**
 * The safetensors container (https://github.com/huggingface/safetensors): a header length of 8 bytes, a JSON header, raw
 * little-endian values. Reads and writes bytes; where they come from is the caller's matter.
 *
 * @module
 */
import { CheckpointError } from '../errors.ts';

// Every JavaScript runtime has them, the language's own type library does not name them.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  encoding: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

/** Arrays that the container holds as they are. */
export type SafetensorsData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** One array with its shape, row-major. */
export interface SafetensorsArray {
  readonly data: SafetensorsData;
  /** Sizes of the axes, outermost first; `[]` is a scalar. */
  readonly shape: readonly number[];
}

/** One array as it was found in a file. */
export interface DecodedSafetensorsArray extends SafetensorsArray {
  /** Element type in the file. */
  readonly dtype: SafetensorsType;
}

/** Element types that {@link decodeSafetensors} reads. */
export type SafetensorsType =
  | 'BOOL'
  | 'U8'
  | 'I8'
  | 'I16'
  | 'U16'
  | 'F16'
  | 'BF16'
  | 'I32'
  | 'U32'
  | 'F32'
  | 'F64'
  | 'I64'
  | 'U64';

interface ElementType {
  /** Bytes of one element. */
  readonly width: 1 | 2 | 4 | 8;
  /** The array of a buffer of its own. */
  read(buffer: ArrayBuffer): SafetensorsData;
}

/** In the order in which the arrays of a file lie: the later ones first, so that wide elements stay aligned. */
const elementTypes: Readonly<Record<SafetensorsType, ElementType>> = {
  BOOL: { width: 1, read: (buffer) => new Uint8Array(buffer) },
  U8: { width: 1, read: (buffer) => new Uint8Array(buffer) },
  I8: { width: 1, read: (buffer) => new Int8Array(buffer) },
  I16: { width: 2, read: (buffer) => new Int16Array(buffer) },
  U16: { width: 2, read: (buffer) => new Uint16Array(buffer) },
  F16: { width: 2, read: (buffer) => Float32Array.from(new Uint16Array(buffer), fromHalf) },
  BF16: { width: 2, read: (buffer) => new Float32Array(Uint32Array.from(new Uint16Array(buffer), fromBrain).buffer) },
  I32: { width: 4, read: (buffer) => new Int32Array(buffer) },
  U32: { width: 4, read: (buffer) => new Uint32Array(buffer) },
  F32: { width: 4, read: (buffer) => new Float32Array(buffer) },
  F64: { width: 8, read: (buffer) => new Float64Array(buffer) },
  I64: { width: 8, read: (buffer) => new BigInt64Array(buffer) },
  U64: { width: 8, read: (buffer) => new BigUint64Array(buffer) },
};

const typeOrder = Object.keys(elementTypes);
const metadataName = '__metadata__';
/** The limit of the format's own library. */
const maxHeaderBytes = 100_000_000;

/** The bits of a float32 from those of a bfloat16, which is its upper half. */
function fromBrain(bits: number): number {
  return bits * 65536;
}

/** The number with the given half-precision bits; every one of them is a float32 too. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return (sign * fraction) / 16777216;
  const size = exponent >= 25 ? (1 << (exponent - 25)) * (1024 + fraction) : (1024 + fraction) / (1 << (25 - exponent));
  return sign * size;
}

function typeOf(name: string, data: SafetensorsData): SafetensorsType {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof Int32Array) return 'I32';
  if (data instanceof Uint8Array) return 'U8';
  if (data instanceof Uint32Array) return 'U32';
  if (data instanceof BigInt64Array) return 'I64';
  if (data instanceof BigUint64Array) return 'U64';
  if (data instanceof Int16Array) return 'I16';
  if (data instanceof Uint16Array) return 'U16';
  if (data instanceof Int8Array) return 'I8';
  throw new CheckpointError(
    `safetensors: array '${name}' is no typed array that the format holds. Pass a Float32Array, Int32Array or the like`,
  );
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const elements = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);
const formatShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** Bytes of an array in the order of the format, in memory of their own. */
function littleEndian(bytes: Uint8Array, width: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  const hostIsLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  if (!hostIsLittle) for (let at = 0; at < copy.length; at += width) copy.subarray(at, at + width).reverse();
  return copy;
}

/**
 * Writes arrays as one safetensors file. The same arrays and metadata give the same bytes, whatever the order of their
 * names: wide elements lie first, then names decide; metadata is sorted.
 *
 * @param arrays arrays by name; any name but `__metadata__`.
 * @param metadata further text by name.
 * @throws CheckpointError where a shape does not fit its array, or a name or metadata value cannot be stored; it names the array.
 * @example encodeSafetensors({ 'conv1/filter': { data: new Float32Array(800), shape: [5, 5, 1, 32] } }, { epoch: '3' })
 */
export function encodeSafetensors(
  arrays: Readonly<Record<string, SafetensorsArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(arrays).map(([name, { data, shape }]) => {
    if (name === metadataName)
      throw new CheckpointError(`safetensors: the name '${name}' is taken by the format. Give the array another one`);
    const dtype = typeOf(name, data);
    if (!shape.every(isSize) || elements(shape) !== data.length) {
      throw new CheckpointError(
        `safetensors: array '${name}' has ${data.length} elements, its shape is ${formatShape(shape)}. Pass the shape of the data`,
      );
    }
    return { name, dtype, shape, data };
  });
  entries.sort((a, b) => typeOrder.indexOf(b.dtype) - typeOrder.indexOf(a.dtype) || (a.name < b.name ? -1 : 1));

  // Text is put together here, since objects would move names such as '7' to the front.
  const fields: string[] = [];
  const texts = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  if (texts.length) {
    for (const [name, text] of texts) {
      if (typeof text !== 'string')
        throw new CheckpointError(`safetensors: metadata '${name}' is a ${typeof text}. Pass text, such as its JSON`);
    }
    const pairs = texts.map(([name, text]) => `${JSON.stringify(name)}:${JSON.stringify(text)}`);
    fields.push(`"${metadataName}":{${pairs.join(',')}}`);
  }
  let end = 0;
  for (const { name, dtype, shape, data } of entries) {
    const begin = end;
    end += data.byteLength;
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`);
  }
  const header = new TextEncoder().encode(`{${fields.join(',')}}`);
  const headerBytes = Math.ceil(header.length / 8) * 8;
  if (headerBytes > maxHeaderBytes) {
    throw new CheckpointError(
      `safetensors: the header has ${headerBytes} bytes, more than ${maxHeaderBytes}. Store less metadata or fewer arrays`,
    );
  }

  const file = new Uint8Array(8 + headerBytes + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(header, 8);
  file.fill(0x20, 8 + header.length, 8 + headerBytes);
  let at = 8 + headerBytes;
  for (const { dtype, data } of entries) {
    file.set(
      littleEndian(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), elementTypes[dtype].width),
      at,
    );
    at += data.byteLength;
  }
  return file;
}

/** Refuses names that occur twice in one object of a valid JSON text; parsing would keep the last one silently. */
function checkNames(json: string): void {
  const objects: (Set<string> | null)[] = [];
  for (const [token, key] of json.matchAll(/[{}[\]]|("(?:[^"\\]|\\.)*")\s*:?/g)) {
    if (token === '{') objects.push(new Set());
    else if (token === '[') objects.push(null);
    else if (token === '}' || token === ']') objects.pop();
    else if (key !== undefined && token.endsWith(':')) {
      const name = JSON.parse(key) as string;
      const names = objects.at(-1);
      if (names?.has(name))
        throw new CheckpointError(
          `safetensors: the header has two entries '${name}'. Write the file again with names of their own`,
        );
      names?.add(name);
    }
  }
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; start: number } {
  if (bytes.length < 8)
    throw new CheckpointError(
      `safetensors: ${bytes.length} bytes are no file; it begins with 8 bytes of length. Is it cut off?`,
    );
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > maxHeaderBytes) {
    throw new CheckpointError(
      `safetensors: the header would have ${length} bytes, more than ${maxHeaderBytes}. Is this a safetensors file?`,
    );
  }
  const start = 8 + Number(length);
  if (start > bytes.length) {
    throw new CheckpointError(
      `safetensors: the header has ${length} bytes, the file ${bytes.length}. It is cut off, or no safetensors file`,
    );
  }
  let header: unknown;
  try {
    const json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, start));
    header = JSON.parse(json);
    checkNames(json);
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    throw new CheckpointError('safetensors: the header is no JSON. Is this a safetensors file?', { cause: error });
  }
  if (!isRecord(header))
    throw new CheckpointError('safetensors: the header is no JSON object. Is this a safetensors file?');
  return { header, start };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) throw new CheckpointError(`safetensors: '${metadataName}' is no object of texts`);
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw new CheckpointError(`safetensors: metadata '${name}' is no text`);
  }
  return value as Record<string, string>;
}

interface Entry {
  readonly name: string;
  readonly dtype: SafetensorsType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readEntry(name: string, value: unknown): Entry {
  const fail = (why: string): never => {
    throw new CheckpointError(`safetensors: array '${name}' ${why}`);
  };
  if (!isRecord(value)) return fail('has no description in the header');
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(elementTypes, dtype)) {
    return fail(`has the element type ${JSON.stringify(dtype)}. Known: ${typeOrder.join(', ')}`);
  }
  if (!Array.isArray(shape) || !shape.every(isSize))
    return fail(`has the shape ${JSON.stringify(shape)}, no list of sizes`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize) || offsets[0]! > offsets[1]!) {
    return fail(`has the data_offsets ${JSON.stringify(offsets)}, not [begin, end]`);
  }
  const [begin, end] = offsets as [number, number];
  const type = dtype as SafetensorsType;
  if (elements(shape) * elementTypes[type].width !== end - begin) {
    return fail(
      `has ${end - begin} bytes at [${begin}, ${end}], its shape ${formatShape(shape)} of ${type} needs ${elements(shape) * elementTypes[type].width}`,
    );
  }
  return { name, dtype: type, shape, begin, end };
}

/**
 * Reads a safetensors file. Everything is checked: arrays lie one after another, without overlap or gap, to the very end.
 *
 * F16 and BF16 become `Float32Array`s (every value fits), I64 and U64 `BigInt64Array`s and `BigUint64Array`s, BOOL a
 * `Uint8Array` of 0 and 1. Arrays have memory of their own, so that the file may lie anywhere and be freed.
 *
 * @param bytes the whole file.
 * @returns arrays by name, in the order of their data, and the metadata (empty where there is none).
 * @throws CheckpointError where the bytes are no such file, cut off or inconsistent; it names the array.
 * @example decodeSafetensors(bytes).arrays['conv1/filter']?.shape // [5, 5, 1, 32]
 */
export function decodeSafetensors(bytes: Uint8Array): {
  arrays: Record<string, DecodedSafetensorsArray>;
  metadata: Record<string, string>;
} {
  const { header, start } = readHeader(bytes);
  const metadata = readMetadata(Object.hasOwn(header, metadataName) ? header[metadataName] : undefined);
  const entries = Object.entries(header)
    .filter(([name]) => name !== metadataName)
    .map(([name, value]) => readEntry(name, value))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);

  const size = bytes.length - start;
  let last: Entry | undefined;
  for (const entry of entries) {
    const { name, begin, end } = entry;
    const expected = last?.end ?? 0;
    if (end > size) {
      throw new CheckpointError(
        `safetensors: array '${name}' ends at byte ${end} of the data, of which there are ${size}. The file is cut off`,
      );
    }
    if (begin < expected) {
      throw new CheckpointError(
        `safetensors: array '${name}' at [${begin}, ${end}] overlaps '${last!.name}' at [${last!.begin}, ${last!.end}]`,
      );
    }
    if (begin > expected) {
      throw new CheckpointError(
        `safetensors: bytes ${expected} to ${begin} of the data, before array '${name}', belong to no array`,
      );
    }
    last = entry;
  }
  if ((last?.end ?? 0) !== size) {
    throw new CheckpointError(
      `safetensors: ${size - (last?.end ?? 0)} bytes after ${last ? `array '${last.name}'` : 'the header'} belong to no array`,
    );
  }

  const arrays = entries.map(({ name, dtype, shape, begin, end }): [string, DecodedSafetensorsArray] => {
    const { width, read } = elementTypes[dtype];
    const own = littleEndian(bytes.subarray(start + begin, start + end), width);
    if (dtype === 'BOOL' && own.some((value) => value > 1)) {
      throw new CheckpointError(`safetensors: array '${name}' of BOOL holds a byte that is neither 0 nor 1`);
    }
    return [name, { data: read(own.buffer), shape, dtype }];
  });
  return { arrays: Object.fromEntries(arrays), metadata };
}
