import { DataError } from '../error/data-error.ts';
import type { DecodedImage } from './image.ts';
import { checkImageSize } from './limits.ts';

/**
 * Decodes a JPEG, baseline or progressive, with jpeg-js, which is loaded at the first call. Gray files give one channel,
 * others three. The orientation that a camera noted in Exif is not applied, as torchvision's loaders do not.
 *
 * @throws DataError `bad-image` where the file is damaged or cut off, `too-large` where its header asks for too much.
 */
export async function decodeJpeg(bytes: Uint8Array, source: string): Promise<DecodedImage> {
  const fail = (problem: string, cause?: unknown): never => {
    throw new DataError({
      code: 'bad-image',
      source,
      problem: `the JPEG is damaged: ${problem}`,
      remedy: 'Restore the file from its source; it may be cut off',
      cause,
    });
  };
  const frame = jpegFrame(bytes);
  if (typeof frame === 'string') return fail(frame);
  checkImageSize(source, frame.width, frame.height);
  // A block takes a bit at least; without this, a short file could ask for a gigabyte.
  if (Math.ceil(frame.width / 8) * Math.ceil(frame.height / 8) > 8 * bytes.length)
    return fail(`${bytes.length} bytes cannot hold ${frame.width} x ${frame.height} pixels`);
  const module = await import('jpeg-js');
  // Its decoder is CommonJS: bundlers and Node disagree on where the functions stand.
  const { decode } = 'decode' in module ? module : (module as { default: typeof module }).default;
  try {
    const { width, height, data } = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: 64,
      maxMemoryUsageInMB: 1024,
    });
    if (width !== frame.width || height !== frame.height || data.length !== 3 * width * height)
      return fail(`${data.length} bytes came out for ${frame.width} x ${frame.height} pixels`);
    if (frame.components !== 1) return { width, height, channels: 3, data };
    const gray = new Uint8Array(width * height);
    for (let i = 0; i < gray.length; i++) gray[i] = data[3 * i]!;
    return { width, height, channels: 1, data: gray };
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    return fail(cause instanceof Error ? cause.message.slice(0, 200) : String(cause), cause);
  }
}

/** Size and number of components of the frame, or what is wrong with the markers up to the end of the image. */
function jpegFrame(bytes: Uint8Array): { width: number; height: number; components: number } | string {
  let offset = 2;
  let frame: { width: number; height: number; components: number } | undefined;
  while (offset + 4 <= bytes.length) {
    if (bytes[offset] !== 0xff) return `no marker at byte ${offset}`;
    const marker = bytes[offset + 1]!;
    if (marker === 0xff) {
      offset++;
      continue;
    }
    const length = (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
    if (length < 2 || offset + 2 + length > bytes.length) return `the segment at byte ${offset} is cut off`;
    // Frame headers are FFC0 to FFCF but for the tables DHT, JPG and DAC.
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      if (length < 8) return `the frame header at byte ${offset} is too short`;
      if (marker > 0xc2)
        return `its coding process (marker ff${marker.toString(16)}) is neither baseline nor progressive`;
      frame = {
        height: (bytes[offset + 5]! << 8) | bytes[offset + 6]!,
        width: (bytes[offset + 7]! << 8) | bytes[offset + 8]!,
        components: bytes[offset + 9]!,
      };
    }
    offset += 2 + length;
    if (marker === 0xda) {
      if (frame === undefined) return 'a scan comes before its frame header';
      // The decoder fills what is missing with gray: only the end marker says that nothing is.
      for (let end = bytes.length - 2; end >= offset; end--)
        if (bytes[end] === 0xff && bytes[end + 1] === 0xd9) return frame;
      return `it ends at byte ${bytes.length} without its end marker`;
    }
  }
  return `it ends at byte ${bytes.length}, before its pixels`;
}
