import type { PhotosSource } from '../protocol.ts';
import type { LabelledFiles } from './labelled-files.ts';

/** Decoded photos, and the paths of files that the browser cannot read. */
export interface DecodedPhotos {
  readonly photos: PhotosSource;
  readonly unreadable: readonly string[];
}

/** How photos are decoded. */
export interface DecodeOptions {
  /** Side of the square images, in pixels. */
  readonly size: number;
  readonly augment: boolean;
  /** Told after every file. */
  onProgress(done: number, all: number): void;
}

/** Photos that are decoded at once: each is large until it has been made small. */
const atOnce = 4;

/**
 * Decodes photos in the page: turned as the camera says, the middle square, made small, grey. Nothing is sent anywhere.
 */
export async function decodePhotos(
  { files, classes }: LabelledFiles,
  { size, augment, onProgress }: DecodeOptions,
): Promise<DecodedPhotos> {
  const decoded = new Array<Uint8Array | null>(files.length).fill(null);
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    const draw = greySquares(size);
    while (next < files.length) {
      const at = next++;
      decoded[at] = await draw(files[at]!.file).catch(() => null);
      onProgress(++done, files.length);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const kept = files.flatMap((file, i) => (decoded[i] ? [{ ...file, pixels: decoded[i] }] : []));
  const pixels = new Uint8Array(kept.length * size * size);
  kept.forEach((photo, i) => pixels.set(photo.pixels, i * size * size));
  return {
    photos: {
      kind: 'photos',
      size,
      classes,
      labels: Int32Array.from(kept, ({ className }) => classes.indexOf(className)),
      names: kept.map(({ path }) => path),
      pixels,
      augment,
    },
    unreadable: files.filter((_, i) => !decoded[i]).map(({ path }) => path),
  };
}

/** Draws the middle square of images in grey, size x size bytes each. */
function greySquares(size: number): (file: File) => Promise<Uint8Array> {
  const canvas = document.createElement('canvas');
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  return async (file) => {
    const image = await createImageBitmap(file);
    const side = Math.min(image.width, image.height);
    // Drawn from several times its size, an image would keep single pixels of the original: made small well first.
    const small = await createImageBitmap(
      image,
      Math.floor((image.width - side) / 2),
      Math.floor((image.height - side) / 2),
      side,
      side,
      { resizeWidth: size, resizeHeight: size, resizeQuality: 'high' },
    );
    image.close();
    context.fillStyle = '#fff';
    context.fillRect(0, 0, size, size);
    context.drawImage(small, 0, 0);
    small.close();
    const { data } = context.getImageData(0, 0, size, size);
    // Luma of ITU-R BT.601.
    return Uint8Array.from({ length: size * size }, (_, i) =>
      Math.round(0.299 * data[4 * i]! + 0.587 * data[4 * i + 1]! + 0.114 * data[4 * i + 2]!),
    );
  };
}
