import { DataError } from '../error/data-error.ts';
import { imageFormat } from '../image/format.ts';
import type { DecodedImage, ImageDecoder } from '../image/image.ts';
import { encodePng } from '../image/png.ts';
import { portableDecoder } from '../image/portable-decoder.ts';
import type { NearLimits } from '../inspect/difference-hash.ts';
import { imagePrint, nearIndex } from '../inspect/difference-hash.ts';
import type { Sample, SampleTable } from '../table/sample-table.ts';
import { countDrop } from '../table/sample-table.ts';

/**
 * Cuts pictures out of one, such as every face in it. None means that there is nothing to keep.
 *
 * @param sample which picture it is.
 */
export type CropImage = (
  image: DecodedImage,
  sample: Sample,
) => readonly DecodedImage[] | Promise<readonly DecodedImage[]>;

/** Options of a weakly labelled set. */
export interface WeakSetOptions {
  /** Default: keep whole pictures, their files as they are. */
  readonly crop?: CropImage;
  /** How alike two pictures are to count as one; false keeps all but byte-identical looks. */
  readonly near?: NearLimits | false;
  /** Default {@link portableDecoder}. */
  readonly decoder?: ImageDecoder;
  /** Called after every picture. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A picture to keep. */
export interface WeakSample {
  /** Number of the picture, from 0, in the order in which they come. */
  readonly number: number;
  readonly sample: Sample;
  /** The file: as it was, or a PNG of what was cut out. */
  readonly bytes: Uint8Array;
  readonly extension: 'jpg' | 'png' | 'gif' | 'bmp' | 'webp' | 'tiff' | 'avif';
}

/** What became of the pictures. */
export interface WeakSetSummary {
  /** Pictures looked at. */
  readonly images: number;
  readonly kept: number;
  readonly perClass: Readonly<Record<string, number>>;
  /** Left out, by reason: `near-duplicate`, `conflict`, `nothing-cropped`, `unreadable`. */
  readonly dropped: Readonly<Record<string, number>>;
}

/**
 * Goes through the pictures of keyword folders and hands on what a weakly labelled set should hold: near-duplicates of one
 * class once, what looks the same under keywords of two classes not at all, damaged files not at all. One picture is in
 * memory at a time.
 *
 * @param keep takes a picture.
 * @param discard takes back the picture of a number, when it turned up under another class.
 */
export async function weakSamples(
  table: SampleTable,
  { crop, near = {}, decoder = portableDecoder(), onProgress }: WeakSetOptions,
  keep: (sample: WeakSample) => void | Promise<void>,
  discard: (number: number) => void | Promise<void>,
): Promise<WeakSetSummary> {
  const dropped: Record<string, number> = {};
  const index = nearIndex(near === false ? { bits: 0, levels: 0 } : near);
  /** Class of every picture handed on, -1 for those taken back. */
  const labels: number[] = [];
  for (const [id, sample] of table.samples.entries()) {
    try {
      const stored = await table.load(id);
      const image = stored.kind === 'pixels' ? stored.image : await decoder.decode(stored.bytes, sample.place);
      const crops = crop === undefined ? [image] : await crop(image, sample);
      if (crops.length === 0) countDrop(dropped, 'nothing-cropped');
      for (const cut of crops) {
        const number = labels.length;
        const seen = index.seen(number, imagePrint(cut));
        if (seen !== undefined) {
          if (labels[seen] !== -1 && labels[seen] !== sample.label) {
            labels[seen] = -1;
            countDrop(dropped, 'conflict', 2);
            await discard(seen);
          } else countDrop(dropped, labels[seen] === -1 ? 'conflict' : 'near-duplicate');
          continue;
        }
        const asIs = crop === undefined && stored.kind === 'file';
        const format = asIs ? imageFormat(stored.bytes) : undefined;
        await keep({
          number,
          sample,
          bytes: asIs ? stored.bytes : encodePng(cut),
          extension: format === undefined ? 'png' : format === 'jpeg' ? 'jpg' : format,
        });
        labels.push(sample.label);
      }
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      countDrop(dropped, 'unreadable');
    }
    onProgress?.(id + 1, table.samples.length);
  }
  const perClass = Object.fromEntries(
    table.classes.map((name, label) => [name, labels.filter((other) => other === label).length]),
  );
  return {
    images: table.samples.length,
    kept: labels.filter((label) => label >= 0).length,
    perClass,
    dropped,
  };
}
