import { deflateSync } from 'node:zlib';

import {
  centreSquare,
  encodePng,
  imageFormat,
  portableDecoder,
  resizeImage,
  sharpDecoder,
  withChannels,
} from '@selfcure/data/node';
import type { DecodedImage } from '@selfcure/data/node';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { jpeg, refusal } from './data-tree.ts';

const decoder = portableDecoder();
const decode = (bytes: Uint8Array): DecodedImage | Promise<DecodedImage> => decoder.decode(bytes, 'picture');

/** CRC-32, bit by bit. */
function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let k = 0; k < 8; k++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return ~value >>> 0;
}

function chunk(name: string, body: Uint8Array): Uint8Array {
  const out = Buffer.alloc(12 + body.length);
  out.writeUInt32BE(body.length, 0);
  out.write(name, 4, 'latin1');
  out.set(body, 8);
  out.writeUInt32BE(crc(out.subarray(4, 8 + body.length)), 8 + body.length);
  return out;
}

interface Raw {
  readonly width: number;
  readonly height: number;
  readonly type: 0 | 2 | 3 | 4 | 6;
  readonly depth: number;
  /** Sample c of the pixel at (x, y). */
  readonly sample: (x: number, y: number, c: number) => number;
  readonly filter: (row: number) => number;
  readonly interlaced?: boolean;
  readonly palette?: Uint8Array;
}

const samplesOf = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** A PNG encoder written after the standard, apart from the decoder: any type, depth, filter, and Adam7. */
function writePng({ width, height, type, depth, sample, filter, interlaced = false, palette }: Raw): Uint8Array {
  const samples = samplesOf[type];
  const passes = interlaced
    ? [
        [0, 0, 8, 8],
        [4, 0, 8, 8],
        [0, 4, 4, 8],
        [2, 0, 4, 4],
        [0, 2, 2, 4],
        [1, 0, 2, 2],
        [0, 1, 1, 2],
      ]
    : [[0, 0, 1, 1]];
  const lines: Buffer[] = [];
  let row = 0;
  for (const [x0, y0, dx, dy] of passes as [number, number, number, number][]) {
    const columns = Math.max(0, Math.ceil((width - x0) / dx));
    if (columns === 0) continue;
    let above = Buffer.alloc(Math.ceil((columns * samples * depth) / 8));
    for (let y = y0; y < height; y += dy) {
      const line = Buffer.alloc(above.length);
      for (let i = 0; i < columns * samples; i++) {
        const value = sample(x0 + Math.floor(i / samples) * dx, y, i % samples);
        if (depth === 16) line.writeUInt16BE(value, 2 * i);
        else line[(i * depth) >> 3]! |= value << (8 - depth - ((i * depth) & 7));
      }
      const step = Math.max(1, (samples * depth) >> 3);
      const kind = filter(row++);
      const filtered = line.map((byte, i) => {
        const a = i < step ? 0 : line[i - step]!;
        const b = above[i]!;
        const c = i < step ? 0 : above[i - step]!;
        const p = a + b - c;
        const nearest = [a, b, c].reduce((best, v) => (Math.abs(p - v) < Math.abs(p - best) ? v : best));
        return byte - [0, a, b, Math.floor((a + b) / 2), nearest][kind]!;
      });
      lines.push(Buffer.concat([Buffer.of(kind), filtered]));
      above = line;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, type, 0, 0, interlaced ? 1 : 0], 8);
  const data = deflateSync(Buffer.concat(lines));
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    ...(palette ? [chunk('PLTE', palette)] : []),
    chunk('IDAT', data.subarray(0, 5)),
    chunk('IDAT', data.subarray(5)),
    chunk('tEXt', Buffer.from('comment')),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('PNG', () => {
  const kinds = [
    [0, [1, 2, 4, 8, 16]],
    [2, [8, 16]],
    [3, [1, 2, 4, 8]],
    [4, [8, 16]],
    [6, [8, 16]],
  ] as const;
  const cases = kinds.flatMap(([type, depths]) =>
    depths.flatMap((depth) => [false, true].map((interlaced) => [type, depth, interlaced] as const)),
  );

  test.each(cases)('colour type %i, depth %i, interlaced %s', async (type, depth, interlaced) => {
    const most = 2 ** depth - 1;
    const sample = (x: number, y: number, c: number): number => (x * 7919 + y * 104729 + c * 15485863) % (most + 1);
    const palette = Uint8Array.from({ length: 3 * (most + 1) }, (_, i) => (i * 37) & 255);
    for (const [width, height] of [
      [1, 1],
      [5, 3],
      [13, 9],
    ] as const) {
      const bytes = writePng({
        width,
        height,
        type,
        depth,
        sample,
        filter: (row) => row % 5,
        interlaced,
        ...(type === 3 && { palette }),
      });
      const image = await decode(bytes);
      expect([image.width, image.height, image.channels]).toEqual([width, height, type === 0 || type === 4 ? 1 : 3]);
      const expected: number[] = [];
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          for (let c = 0; c < image.channels; c++) {
            const value = type === 3 ? palette[3 * sample(x, y, 0) + c]! : sample(x, y, c);
            expected.push(
              type === 3 || depth === 8 ? value : depth === 16 ? value >> 8 : Math.round((value * 255) / most),
            );
          }
        }
      }
      expect([...image.data]).toEqual(expected);
    }
  });

  test('what is encoded is decoded', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(1 as const, 3 as const),
        fc.integer({ min: 0, max: 1e6 }),
        async (width, height, channels, seed) => {
          const data = Uint8Array.from(
            { length: width * height * channels },
            (_, i) => (seed * (i + 3) * 2654435761) >>> 24,
          );
          const image = await decode(encodePng({ width, height, channels, data }));
          expect(image).toEqual({ width, height, channels, data });
        },
      ),
      { numRuns: 40, seed: 1 },
    );
  });

  const whole = (): Buffer =>
    Buffer.from(writePng({ width: 8, height: 8, type: 0, depth: 8, sample: (x, y) => x * y, filter: () => 0 }));
  test('damage has a name', async () => {
    for (let length = 0; length < whole().length; length++)
      expect((await refusal(() => decode(whole().subarray(0, length)))).code).toBe('bad-image');
    const flipped = whole();
    flipped[45]! ^= 1;
    expect((await refusal(() => decode(flipped))).message).toContain('picture: the PNG is damaged');
  });

  test('a header that asks for too much, and a stream that inflates without end', async () => {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(60_000, 0);
    header.writeUInt32BE(60_000, 4);
    header.set([8, 2, 0, 0, 0], 8);
    const start = Buffer.from('89504e470d0a1a0a', 'hex');
    expect((await refusal(() => decode(Buffer.concat([start, chunk('IHDR', header)])))).code).toBe('too-large');
    header.writeUInt32BE(4, 0);
    header.writeUInt32BE(4, 4);
    const bomb = deflateSync(Buffer.alloc(5_000_000));
    const file = Buffer.concat([start, chunk('IHDR', header), chunk('IDAT', bomb), chunk('IEND', Buffer.alloc(0))]);
    expect((await refusal(() => decode(file))).message).toContain('more than 52 bytes');
  });
});

/** A gray JPEG of one 8 x 8 block with a DC coefficient alone: by the definition of the DCT every pixel is 128 + DC / 8. */
function flatJpeg(dc: number): Uint8Array {
  const category = Math.floor(Math.log2(Math.abs(dc))) + 1;
  const bits = dc > 0 ? dc : dc + 2 ** category - 1;
  // One DC code (0) for this category, one AC code (0) for the end of the block.
  const stream = `0${bits.toString(2).padStart(category, '0')}0`.padEnd(24, '1');
  const table = (kind: number, symbol: number): number[] => [
    0xff,
    0xc4,
    0,
    20,
    kind,
    1,
    ...new Array(15).fill(0),
    symbol,
  ];
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...[0xff, 0xdb, 0, 67, 0, ...new Array(64).fill(1)],
    ...[0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0],
    ...table(0x00, category),
    ...table(0x10, 0),
    ...[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0],
    ...(stream.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)),
    ...[0xff, 0xd9],
  ]);
}

describe('JPEG', () => {
  test.each([-600, -8, 8, 400, 800])('one block with DC %i', async (dc) => {
    const image = await decode(flatJpeg(dc));
    expect([image.width, image.height, image.channels]).toEqual([8, 8, 1]);
    for (const value of image.data) expect(Math.abs(value - (128 + dc / 8))).toBeLessThanOrEqual(1);
  });

  test('colours come back nearly as they were', async () => {
    const image = await decode(jpeg(3));
    expect([image.width, image.height, image.channels]).toEqual([16, 16, 3]);
    // jpeg() paints (97 x 3 + 6 x + 3 y) mod 256 in all channels.
    const errors = Array.from(image.data, (value, i) => {
      const pixel = Math.floor(i / 3);
      return Math.abs(value - ((291 + (pixel % 16) * 6 + Math.floor(pixel / 16) * 3) & 255));
    });
    expect(errors.reduce((a, b) => a + b, 0) / errors.length).toBeLessThan(3);
  });

  /** Two progressive files that libvips 8 wrote, and every 22nd and 8th of the bytes that it reads of them. */
  const progressive = [
    {
      file: '/9j/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/2wBDAQcHBwoIChMKChMoGhYaKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCj/wgARCAAMABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAABQb/xAAVAQEBAAAAAAAAAAAAAAAAAAACA//aAAwDAQACEAMQAAABn1XFHL//xAAXEAEBAQEAAAAAAAAAAAAAAAADAAIE/9oACAEBAAEFAj5o+aM8xnm//8QAGBEAAgMAAAAAAAAAAAAAAAAAAAIEBSH/2gAIAQMBAT8BqZ7Yf//EABYRAQEBAAAAAAAAAAAAAAAAAAUAAv/aAAgBAgEBPwFFXd//xAAUEAEAAAAAAAAAAAAAAAAAAAAg/9oACAEBAAY/Ah//xAAWEAEBAQAAAAAAAAAAAAAAAAAAUWH/2gAIAQEAAT8hzZpEj//aAAwDAQACAAMAAAAQl//EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQMBAT8Qd//EABYRAAMAAAAAAAAAAAAAAAAAAAAhMf/aAAgBAgEBPxB+n//EABcQAQADAAAAAAAAAAAAAAAAAAAhMcH/2gAIAQEAAT8QpypygMB//9k=',
      channels: 3,
      every: 22,
      bytes: [
        0, 6, 141, 99, 21, 208, 195, 58, 145, 33, 82, 201, 128, 103, 160, 222, 140, 101, 62, 162, 170, 157, 199, 112,
        17, 210, 66,
      ],
    },
    {
      file: '/9j/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/wgALCAAMABABAREA/8QAFgABAQEAAAAAAAAAAAAAAAAABQQG/9oACAEBAAAAASEdVT//xAAYEAADAQEAAAAAAAAAAAAAAAAAAgMBE//aAAgBAQABBQLhpGOnJBJKf//EABYQAQEBAAAAAAAAAAAAAAAAAAAxEP/aAAgBAQAGPwLIj//EABgQAQEBAQEAAAAAAAAAAAAAAAEAESEx/9oACAEBAAE/ITfyGnIpvn//2gAIAQEAAAAQv//EABcQAAMBAAAAAAAAAAAAAAAAAAABEUH/2gAIAQEAAT8Q1xRGKgikH//Z',
      channels: 1,
      every: 8,
      bytes: [
        74, 82, 74, 82, 78, 85, 85, 92, 93, 100, 104, 111, 119, 126, 131, 138, 147, 151, 161, 166, 180, 185, 192, 197,
      ],
    },
  ] as const;
  test('progressive files are read as libvips reads them, but for how colours between pixels are filled in', async () => {
    for (const { file, channels, every, bytes } of progressive) {
      const image = await decode(Buffer.from(file, 'base64'));
      expect([image.width, image.height, image.channels]).toEqual([16, 12, channels]);
      const errors = bytes.map((value, i) => Math.abs(value - image.data[i * every]!));
      expect(errors.reduce((a, b) => a + b, 0) / errors.length).toBeLessThan(channels === 1 ? 1 : 6);
    }
  });

  test('every cut is refused, and so is a header that asks for too much', async () => {
    const whole = jpeg(1);
    for (let length = 0; length < whole.length - 1; length += 7)
      expect((await refusal(() => decode(whole.subarray(0, length)))).code).toBe('bad-image');
    const large = Uint8Array.from(whole);
    const frame = large.findIndex((byte, i) => byte === 0xff && large[i + 1] === 0xc0);
    large.set([0xff, 0xff, 0xff, 0xff], frame + 5);
    expect((await refusal(() => decode(large))).code).toBe('too-large');
    large.set([0x10, 0, 0x10, 0], frame + 5);
    expect((await refusal(() => decode(large))).message).toContain('cannot hold 4096 x 4096 pixels');
  });
});

test('formats by their first bytes', async () => {
  expect(imageFormat(jpeg(1))).toBe('jpeg');
  expect(imageFormat(Buffer.from('RIFF....WEBPVP8 '))).toBe('webp');
  expect(imageFormat(Buffer.from('GIF89a'))).toBe('gif');
  expect(imageFormat(Buffer.from('BMW'))).toBe('bmp');
  expect(imageFormat(Buffer.from('hello'))).toBeUndefined();
  expect(await refusal(() => decode(Buffer.from('RIFF....WEBPVP8 ')))).toMatchObject({
    code: 'unsupported-image',
    source: 'picture',
  });
  expect((await refusal(() => decode(Buffer.from('<html>')))).code).toBe('bad-image');
  expect((await refusal(() => decode(new Uint8Array(0)))).message).toContain('empty');
});

describe('resizing', () => {
  const gray = (rows: readonly (readonly number[])[]): DecodedImage => ({
    width: rows[0]!.length,
    height: rows.length,
    channels: 1,
    data: Uint8Array.from(rows.flat()),
  });
  /** torch.nn.functional.interpolate(mode='bilinear', antialias=True) of PyTorch 1.13 in float32. */
  const picture = gray([
    [172, 47, 117, 192, 67, 251, 195],
    [103, 9, 211, 21, 242, 36, 87],
    [70, 216, 88, 140, 58, 193, 230],
    [39, 87, 174, 88, 81, 165, 25],
    [77, 72, 9, 148, 115, 208, 243],
  ]);
  const expected: readonly (readonly (readonly number[])[])[] = [
    [
      [95.2585, 121.1714, 138.8514, 152.7415],
      [103.873, 126.7378, 113.0178, 150.0159],
      [69.2109, 91.3772, 124.3771, 164.3741],
    ],
    [
      [111.1353, 138.574],
      [97.3531, 134.3784],
    ],
    [
      [172.0, 88.6667, 78.1111, 133.6667, 192.0, 94.7778, 169.2223, 232.3333, 195.0],
      [141.8125, 67.5208, 87.1528, 149.0278, 117.1875, 137.7014, 150.9931, 153.875, 147.75],
      [100.9375, 48.2708, 102.5486, 164.4514, 28.4375, 185.5972, 127.8958, 62.5208, 95.9375],
      [80.3125, 127.6458, 140.2569, 121.1875, 102.8125, 112.6806, 131.2986, 157.7292, 185.3125],
      [60.3125, 137.2292, 148.6597, 116.8472, 123.75, 78.2014, 131.3334, 178.1458, 165.9375],
      [40.9375, 77.0208, 127.7569, 151.4306, 91.25, 82.1597, 128.0, 123.7708, 37.8125],
      [60.375, 72.5, 79.7292, 90.2014, 121.75, 104.9306, 149.6042, 175.3333, 147.625],
      [77.0, 73.6667, 44.0, 39.8889, 148.0, 122.3333, 166.6667, 219.6667, 243.0],
    ],
  ];
  test('bilinear is what PyTorch computes', () => {
    for (const rows of expected) {
      const { data } = resizeImage(picture, { width: rows[0]!.length, height: rows.length });
      rows.flat().forEach((value, i) => expect(Math.abs(data[i]! - value)).toBeLessThanOrEqual(0.5 + 1e-3));
    }
  });

  test('area is the mean of what a pixel covers', () => {
    const halved = resizeImage(
      gray([
        [0, 10, 20, 30],
        [40, 50, 60, 70],
      ]),
      { width: 2, height: 1, filter: 'area' },
    );
    expect([...halved.data]).toEqual([25, 45]);
    // Three pixels into two: one and a half each.
    const thirds = resizeImage(gray([[0, 90, 240]]), { width: 2, height: 1, filter: 'area' });
    expect([...thirds.data]).toEqual([Math.round((0 + 45) / 1.5), Math.round((45 + 240) / 1.5)]);
    const grown = resizeImage(gray([[0, 100]]), { width: 4, height: 1, filter: 'area' });
    expect([...grown.data]).toEqual([0, 0, 100, 100]);
  });

  test('a flat picture stays flat in any size, channels stay apart', () => {
    const flat: DecodedImage = {
      width: 7,
      height: 5,
      channels: 3,
      data: Uint8Array.from({ length: 105 }, (_, i) => [10, 200, 255][i % 3]!),
    };
    for (const filter of ['area', 'bilinear'] as const) {
      for (const [width, height] of [
        [1, 1],
        [3, 11],
        [20, 2],
      ] as const) {
        const { data } = resizeImage(flat, { width, height, filter });
        data.forEach((value, i) => expect(value).toBe([10, 200, 255][i % 3]));
      }
    }
    expect(resizeImage(flat, { width: 7, height: 5 })).toBe(flat);
  });

  test('the square in the middle', () => {
    expect(
      centreSquare(
        gray([
          [1, 2, 3, 4, 5],
          [6, 7, 8, 9, 10],
        ]),
      ),
    ).toEqual(
      gray([
        [2, 3],
        [7, 8],
      ]),
    );
    expect(
      centreSquare(
        gray([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
      ),
    ).toEqual(
      gray([
        [1, 2],
        [3, 4],
      ]),
    );
  });

  test('gray by the luma of Pillow', () => {
    const colour: DecodedImage = {
      width: 3,
      height: 1,
      channels: 3,
      data: Uint8Array.from([255, 0, 0, 0, 255, 0, 10, 20, 30]),
    };
    // L = R * 299/1000 + G * 587/1000 + B * 114/1000
    expect([...withChannels(colour, 1).data]).toEqual([76, 150, 18]);
    expect([...withChannels(gray([[7, 9]]), 3).data]).toEqual([7, 7, 7, 9, 9, 9]);
  });

  test('sizes that are none', async () => {
    expect((await refusal(() => resizeImage(picture, { width: 0, height: 3 }))).source).toBe('width');
    expect((await refusal(() => resizeImage(picture, { width: 2, height: 3, filter: 'cubic' as 'area' }))).source).toBe(
      'filter',
    );
  });
});

test('without sharp, asking for it says what to do; with it, it decodes the same picture', async () => {
  const sharp = await sharpDecoder().catch((error: unknown) => error);
  if (sharp instanceof Error) {
    expect(sharp).toMatchObject({ code: 'missing-decoder', source: 'sharp' });
    expect(sharp.message).toContain('npm install sharp');
    return;
  }
  const native = await (sharp as ReturnType<typeof portableDecoder>).decode(jpeg(2), 'picture');
  const own = await decode(jpeg(2));
  expect([native.width, native.height, native.channels]).toEqual([own.width, own.height, own.channels]);
  native.data.forEach((value, i) => expect(Math.abs(value - own.data[i]!)).toBeLessThanOrEqual(16));
});
