import { crc32, inflateSync } from 'node:zlib';

/** A decoded PNG of 8-bit samples. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly pixels: Uint8Array;
}

/** Decodes a PNG whose rows are all unfiltered; throws where the signature, a checksum or the structure is wrong. */
export function decodePng(bytes: Uint8Array): Picture {
  const buffer = Buffer.from(bytes);
  if (buffer.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') throw new Error('no PNG signature');
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = 8; at < buffer.length;) {
    const length = buffer.readUInt32BE(at);
    const end = at + 8 + length;
    if (crc32(buffer.subarray(at + 4, end)) !== buffer.readUInt32BE(end)) throw new Error('wrong CRC');
    chunks.push({ type: buffer.toString('latin1', at + 4, at + 8), data: buffer.subarray(at + 8, end) });
    at = end + 4;
  }
  const types = chunks.map(({ type }) => type).join(' ');
  if (types !== 'IHDR IDAT IEND') throw new Error(`chunks: ${types}`);
  const header = chunks[0]!.data;
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  const channels = { 0: 1, 2: 3 }[header[9]!];
  if (channels === undefined || header[8] !== 8 || header.readUInt16BE(10) !== 0 || header[12] !== 0) {
    throw new Error(`header: ${header.toString('hex')}`);
  }
  const raw = inflateSync(chunks[1]!.data); // checks Adler-32
  const row = width * channels + 1;
  if (raw.length !== row * height) throw new Error(`${raw.length} bytes for ${height} rows of ${row}`);
  const pixels = new Uint8Array((row - 1) * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * row]!;
    if (filter !== 0 && filter !== 2) throw new Error(`a row of filter ${filter}`);
    pixels.set(raw.subarray(y * row + 1, (y + 1) * row), y * (row - 1));
    // Up: what is stored is the difference to the row above.
    if (filter === 2 && y > 0)
      for (let x = 0; x < row - 1; x++) pixels[y * (row - 1) + x]! += pixels[(y - 1) * (row - 1) + x]!;
  }
  return { width, height, channels, pixels };
}
