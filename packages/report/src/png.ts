/** CRC-32 as PNG takes it. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return ((b << 16) | a) >>> 0;
}

const word = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = join([Uint8Array.from(type, (letter) => letter.charCodeAt(0)), data]);
  return join([word(data.length), body, word(crc32(body))]);
}

/** zlib stream of stored blocks: thumbnails gain little from compression, and any runtime can write this. */
function stored(data: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [Uint8Array.of(0x78, 0x01)];
  for (let start = 0; start === 0 || start < data.length; start += 65535) {
    const part = data.subarray(start, start + 65535);
    const last = start + 65535 >= data.length ? 1 : 0;
    blocks.push(Uint8Array.of(last, part.length, part.length >>> 8, ~part.length, ~part.length >>> 8), part);
  }
  return join([...blocks, word(adler32(data))]);
}

/** Makes a zlib stream (RFC 1950) of bytes, as `deflateSync` of `node:zlib` does. */
export type Deflate = (bytes: Uint8Array) => Uint8Array;

/**
 * A PNG of 8-bit pixels, row-major, one (gray) or three (RGB) channels.
 *
 * @param deflate compresses, after each row became its difference to the one above. Default: stored as it is.
 * @example encodePng(pixels, 48, 48, 1)
 */
export function encodePng(
  pixels: Uint8Array,
  width: number,
  height: number,
  channels: 1 | 3,
  deflate?: Deflate,
): Uint8Array {
  const row = width * channels;
  const filtered = new Uint8Array((row + 1) * height); // each row begins with its filter type: 0 none, 2 up
  for (let y = 0; y < height; y++) {
    const at = y * (row + 1);
    if (deflate && y > 0) {
      filtered[at] = 2;
      for (let x = 0; x < row; x++) filtered[at + 1 + x] = pixels[y * row + x]! - pixels[(y - 1) * row + x]!;
    } else {
      filtered.set(pixels.subarray(y * row, (y + 1) * row), at + 1);
    }
  }
  const header = join([word(width), word(height), Uint8Array.of(8, channels === 1 ? 0 : 2, 0, 0, 0)]);
  return join([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    chunk('IDAT', (deflate ?? stored)(filtered)),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base64 without a runtime's help. */
export function base64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const three = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const count = Math.min(3, bytes.length - i);
    parts.push(
      letters[three >>> 18]! +
        letters[(three >>> 12) & 63]! +
        (count > 1 ? letters[(three >>> 6) & 63]! : '=') +
        (count > 2 ? letters[three & 63]! : '='),
    );
  }
  return parts.join('');
}
