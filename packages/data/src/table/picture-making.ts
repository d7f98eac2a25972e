import { withChannels } from '../image/channels.ts';
import type { CropBox } from '../image/crop.ts';
import { cropImage } from '../image/crop.ts';
import type { DecodedImage, ImageDecoder } from '../image/image.ts';
import type { ResizeFilter } from '../image/resize.ts';
import { centreSquare, resizeImage } from '../image/resize.ts';
import type { StoredImage } from './sample-table.ts';

/** What a stored picture becomes for a network; plain data. */
export interface PictureMaking {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly filter: ResizeFilter;
  readonly fit: 'stretch' | 'centre';
}

/** What is done to one picture before its size is changed. */
export interface PictureChange {
  readonly crop?: CropBox | undefined;
  readonly prepare?: ((image: DecodedImage) => DecodedImage | Promise<DecodedImage>) | undefined;
}

/**
 * Decodes, crops and resizes.
 *
 * @param source name of the picture, for messages.
 * @returns height x width x channels bytes.
 * @throws DataError where the picture is damaged.
 */
export async function makePicture(
  stored: StoredImage,
  source: string,
  decoder: ImageDecoder,
  { height, width, channels, filter, fit }: PictureMaking,
  { crop, prepare }: PictureChange,
): Promise<Uint8Array> {
  let image = stored.kind === 'pixels' ? stored.image : await decoder.decode(stored.bytes, source);
  if (crop !== undefined) image = cropImage(image, crop, source);
  if (prepare !== undefined) image = await prepare(image);
  if (fit === 'centre') image = centreSquare(image);
  // Gray before the sizes change: a third of the work, and the same values but for rounding.
  return resizeImage(withChannels(image, channels), { width, height, filter }).data;
}
