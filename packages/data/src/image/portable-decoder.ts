import { DataError } from '../error/data-error.ts';
import { imageFormat } from './format.ts';
import type { ImageDecoder } from './image.ts';
import { decodeJpeg } from './jpeg.ts';
import { decodePng } from './png.ts';

/**
 * Decodes JPEG and PNG in plain JavaScript, in Node.js and browsers alike, by what the file holds and not by its name.
 *
 * @example const { width, height, channels, data } = await portableDecoder().decode(bytes, 'face.jpg');
 */
export function portableDecoder(): ImageDecoder {
  return {
    name: 'portable',
    decode(bytes, source) {
      const format = imageFormat(bytes);
      if (format === 'jpeg') return decodeJpeg(bytes, source);
      if (format === 'png') return decodePng(bytes, source);
      if (format === undefined) {
        throw new DataError({
          code: 'bad-image',
          source,
          problem: bytes.length === 0 ? 'the file is empty' : 'its first bytes are those of no known picture format',
          remedy: 'Restore the file from its source, or leave it out of the data',
        });
      }
      throw new DataError({
        code: 'unsupported-image',
        source,
        problem: `${format} is not decoded without a native library`,
        remedy: 'Install sharp and pass `decoder: await sharpDecoder()`, or convert the file to PNG',
      });
    },
  };
}
