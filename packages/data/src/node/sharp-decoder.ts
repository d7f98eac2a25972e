import { DataError } from '../error/data-error.ts';
import type { ImageDecoder } from '../image/image.ts';
import { greatestArea, greatestSide } from '../image/limits.ts';

/** What is used of sharp. */
interface Sharp {
  (
    input: Uint8Array,
    options: { failOn: 'truncated'; limitInputPixels: number },
  ): {
    metadata(): Promise<{ width?: number; height?: number; space?: string; channels?: number }>;
    removeAlpha(): ReturnType<Sharp>;
    toColourspace(space: string): ReturnType<Sharp>;
    raw(): {
      toBuffer(options: { resolveWithObject: true }): Promise<{
        data: Uint8Array;
        info: { width: number; height: number; channels: number };
      }>;
    };
  };
}

/**
 * Decodes with sharp (libvips): every format that it knows, several times as fast as {@link portableDecoder}. Pixels of a
 * JPEG may differ from the portable decoder's by a few levels. sharp is an optional peer: install it beside this package.
 *
 * @throws DataError `missing-decoder` where sharp is not installed.
 * @example const data = await tableDataset(table, { split: 'train', size: 100, decoder: await sharpDecoder() });
 */
export async function sharpDecoder(): Promise<ImageDecoder> {
  let sharp: Sharp;
  try {
    // A name that the compiler does not follow: the package is optional.
    const name: string = 'sharp';
    sharp = ((await import(name)) as { default: Sharp }).default;
  } catch (cause) {
    throw new DataError({
      code: 'missing-decoder',
      source: 'sharp',
      problem: 'sharp is not installed, or not for this platform',
      remedy: 'Run npm install sharp, or leave `decoder` out to decode JPEG and PNG without it',
      cause,
    });
  }
  return {
    name: 'sharp',
    async decode(bytes, source) {
      try {
        const picture = sharp(bytes, { failOn: 'truncated', limitInputPixels: greatestArea });
        const { width = 0, height = 0, space } = await picture.metadata();
        if (width > greatestSide || height > greatestSide) throw new Error(`${width} x ${height} pixels are too many`);
        const gray = space === 'b-w' || space === 'grey16';
        const { data, info } = await picture
          .removeAlpha()
          .toColourspace(gray ? 'b-w' : 'srgb')
          .raw()
          .toBuffer({ resolveWithObject: true });
        const channels = info.channels === 1 ? 1 : 3;
        if (data.length !== info.width * info.height * channels) throw new Error(`it has ${info.channels} channels`);
        return { width: info.width, height: info.height, channels, data: Uint8Array.from(data) };
      } catch (cause) {
        throw new DataError({
          code: 'bad-image',
          source,
          problem: `sharp cannot decode it: ${cause instanceof Error ? cause.message.slice(0, 200) : String(cause)}`,
          remedy: 'Restore the file from its source; it may be cut off',
          cause,
        });
      }
    },
  };
}
