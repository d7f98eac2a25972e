import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { base64, encodePng } from '../src/png.ts';
import { decodePng } from './png.ts';

const pixelsOf = (width: number, height: number, channels: number): Uint8Array =>
  Uint8Array.from({ length: width * height * channels }, (_, i) => (i * i + 3 * i) % 251);

test('a PNG decodes to its pixels', () => {
  const side = fc.integer({ min: 1, max: 24 });
  fc.assert(
    fc.property(
      side,
      side,
      fc.constantFrom(1 as const, 3 as const),
      fc.infiniteStream(fc.nat(255)),
      (width, height, channels, bytes) => {
        const pixels = Uint8Array.from(bytes.take(width * height * channels));
        for (const deflate of [undefined, (raw: Uint8Array) => deflateSync(raw)]) {
          const decoded = decodePng(encodePng(pixels, width, height, channels, deflate));
          expect(decoded).toEqual({ width, height, channels, pixels });
        }
      },
    ),
    { numRuns: 60 },
  );
});

// A stored block of deflate holds 65,535 bytes: one byte less, exactly as many, one more, many blocks.
test.each([
  [65533, 1, 1],
  [65534, 1, 1],
  [65535, 1, 1],
  [300, 301, 3],
] as const)('a PNG of %i x %i pixels with %i channel(s) decodes', (width, height, channels) => {
  const pixels = pixelsOf(width, height, channels);
  const decoded = decodePng(encodePng(pixels, width, height, channels));
  expect([decoded.width, decoded.height, decoded.channels]).toEqual([width, height, channels]);
  expect(Buffer.from(decoded.pixels).equals(pixels)).toBe(true);
});

test('base64 is what Buffer says', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      expect(base64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
    }),
  );
  const long = pixelsOf(200, 200, 1);
  expect(base64(long)).toBe(Buffer.from(long).toString('base64'));
});
