import { zlibSync } from 'fflate';

import { DataError } from '../error/data-error.ts';
import type { DecodedImage } from './image.ts';
import { inflateExactly } from './inflate.ts';
import { checkImageSize } from './limits.ts';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Samples a pixel by colour type: gray, RGB, palette, gray and alpha, RGBA. */
const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const depthsOf: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** Adam7: first column and row, and the steps, of the seven passes. */
const passes: readonly (readonly [x: number, y: number, dx: number, dy: number])[] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

interface Pass {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly width: number;
  readonly height: number;
}

const crcOfByte: Uint32Array = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  return crc;
});

/** CRC-32 of ISO 3309. */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ crcOfByte[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}

/**
 * Decodes a PNG (ISO/IEC 15948) of any colour type and depth, interlaced or not. Sixteen-bit samples keep their high
 * byte; alpha is left out, as it is where Pillow converts to RGB. Gray pictures have one channel, others three.
 *
 * @throws DataError `bad-image` where the file is not whole, `too-large` where its header asks for too much.
 */
export function decodePng(bytes: Uint8Array, source: string): DecodedImage {
  const fail = (problem: string, cause?: unknown): never => {
    throw new DataError({
      code: 'bad-image',
      source,
      problem: `the PNG is damaged: ${problem}`,
      remedy: 'Restore the file from its source; it may be cut off',
      cause,
    });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || signature.some((byte, i) => bytes[i] !== byte)) fail('the signature is missing');
  let offset = 8;
  let header: { width: number; height: number; depth: number; type: number; interlaced: boolean } | undefined;
  let palette: Uint8Array | undefined;
  const compressed: Uint8Array[] = [];
  let ended = false;
  while (!ended) {
    if (offset + 12 > bytes.length) fail(`it ends at byte ${bytes.length}, within its chunks`);
    const length = view.getUint32(offset);
    const name = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    if (length > bytes.length - offset - 12) fail(`chunk ${JSON.stringify(name)} at byte ${offset} is cut off`);
    const body = bytes.subarray(offset + 8, offset + 8 + length);
    const critical = (bytes[offset + 4]! & 32) === 0;
    if (critical && crc32(bytes.subarray(offset + 4, offset + 8 + length)) !== view.getUint32(offset + 8 + length))
      fail(`chunk ${JSON.stringify(name)} at byte ${offset} has a wrong checksum`);
    if (header === undefined && name !== 'IHDR') fail('its first chunk is not IHDR');
    if (name === 'IHDR') {
      if (length !== 13 || header !== undefined) fail('IHDR is not one chunk of 13 bytes');
      header = {
        width: view.getUint32(offset + 8),
        height: view.getUint32(offset + 12),
        depth: bytes[offset + 16]!,
        type: bytes[offset + 17]!,
        interlaced: bytes[offset + 20] === 1,
      };
      if (!depthsOf[header.type]?.includes(header.depth)) fail(`colour type ${header.type} with depth ${header.depth}`);
      if (bytes[offset + 18] !== 0 || bytes[offset + 19] !== 0 || bytes[offset + 20]! > 1)
        fail('unknown methods in IHDR');
      checkImageSize(source, header.width, header.height);
    } else if (name === 'PLTE') palette = body;
    else if (name === 'IDAT') compressed.push(body);
    else if (name === 'IEND') ended = true;
    else if (critical) fail(`unknown critical chunk ${JSON.stringify(name)}`);
    offset += 12 + length;
  }
  const { width, height, depth, type, interlaced } = header!;
  const samples = samplesOf[type]!;
  const parts: readonly Pass[] = (interlaced ? passes : [[0, 0, 1, 1] as const])
    .map(([x, y, dx, dy]) => ({
      x,
      y,
      dx,
      dy,
      width: Math.ceil((width - x) / dx),
      height: Math.ceil((height - y) / dy),
    }))
    .filter((part) => part.width > 0 && part.height > 0);
  const rowBytes = (columns: number): number => Math.ceil((columns * samples * depth) / 8);
  const expected = parts.reduce((sum, part) => sum + part.height * (1 + rowBytes(part.width)), 0);
  let raw!: Uint8Array;
  try {
    raw = inflateExactly(join(compressed), expected, 'zlib');
  } catch (cause) {
    fail(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (type === 3 && (palette === undefined || palette.length % 3 !== 0)) fail('a palette is missing');

  const channels = type === 0 || type === 4 ? 1 : 3;
  const data = new Uint8Array(width * height * channels);
  const step = Math.max(1, (samples * depth) >> 3);
  let start = 0;
  for (const part of parts) {
    const length = rowBytes(part.width);
    let previous = new Uint8Array(length);
    for (let row = 0; row < part.height; row++) {
      const filter = raw[start]!;
      const line = raw.subarray(start + 1, start + 1 + length);
      if (filter > 4) fail(`row ${row} has filter ${filter}`);
      unfilter(filter, line, previous, step);
      for (let column = 0; column < part.width; column++) {
        const target = ((part.y + row * part.dy) * width + part.x + column * part.dx) * channels;
        if (depth === 8 && type !== 3) {
          for (let c = 0; c < channels; c++) data[target + c] = line[column * samples + c]!;
        } else if (depth === 16) {
          for (let c = 0; c < channels; c++) data[target + c] = line[2 * (column * samples + c)]!;
        } else {
          const bit = column * depth;
          const value = (line[bit >> 3]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
          if (type === 0) data[target] = Math.round((value * 255) / ((1 << depth) - 1));
          else if (3 * value + 2 >= palette!.length) fail(`colour ${value} is not in the palette`);
          else data.set(palette!.subarray(3 * value, 3 * value + 3), target);
        }
      }
      previous = line as Uint8Array<ArrayBuffer>;
      start += 1 + length;
    }
  }
  return { width, height, channels, data };
}

/** Undoes one row's filter (ISO/IEC 15948, 9.2), in place. */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, step: number): void {
  if (filter === 0) return;
  for (let i = 0; i < line.length; i++) {
    const left = i < step ? 0 : line[i - step]!;
    const up = above[i]!;
    if (filter === 1) line[i]! += left;
    else if (filter === 2) line[i]! += up;
    else if (filter === 3) line[i]! += (left + up) >> 1;
    else {
      const corner = i < step ? 0 : above[i - step]!;
      const a = Math.abs(up - corner);
      const b = Math.abs(left - corner);
      const c = Math.abs(left + up - 2 * corner);
      line[i]! += a <= b && a <= c ? left : b <= c ? up : corner;
    }
  }
}

/**
 * Encodes a picture as a PNG, without loss.
 *
 * @example await writeFile('face.png', encodePng({ width: 48, height: 48, channels: 1, data: pixels }));
 */
export function encodePng({ width, height, channels, data }: DecodedImage): Uint8Array<ArrayBuffer> {
  const length = width * channels;
  const raw = new Uint8Array(height * (length + 1));
  for (let row = 0; row < height; row++) {
    // Filter 1: differences to the pixel on the left compress photographs better than the pixels do.
    raw[row * (length + 1)] = 1;
    for (let i = 0; i < length; i++) {
      const left = i < channels ? 0 : data[row * length + i - channels]!;
      raw[row * (length + 1) + 1 + i] = data[row * length + i]! - left;
    }
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, channels === 1 ? 0 : 2, 0, 0, 0], 8);
  return join([
    Uint8Array.from(signature),
    chunk('IHDR', header),
    chunk('IDAT', zlibSync(raw)),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

function chunk(name: string, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + body.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, body.length);
  for (let i = 0; i < 4; i++) out[4 + i] = name.charCodeAt(i);
  out.set(body, 8);
  view.setUint32(8 + body.length, crc32(out.subarray(4, 8 + body.length)));
  return out;
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}
