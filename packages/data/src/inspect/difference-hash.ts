import { withChannels } from '../image/channels.ts';
import type { DecodedImage } from '../image/image.ts';
import { resizeImage } from '../image/resize.ts';

/** What a picture looks like, small: enough to find it again after it was scaled, compressed or lightened. */
export interface ImagePrint {
  /** Difference hash: for each of 8 x 8 places whether the gray value rises to the right; 32 bits each. */
  readonly high: number;
  readonly low: number;
  /** 16 x 16 gray values. */
  readonly thumbnail: Uint8Array;
}

const side = 16;

/** The print of a picture. */
export function imagePrint(image: DecodedImage): ImagePrint {
  const gray = withChannels(image, 1);
  const { data } = resizeImage(gray, { width: 9, height: 8, filter: 'area' });
  const words = [0, 0];
  for (let bit = 0; bit < 64; bit++) {
    const at = (bit >> 3) * 9 + (bit & 7);
    if (data[at]! < data[at + 1]!) words[bit >> 5]! |= 1 << (bit & 31);
  }
  return {
    high: words[0]! >>> 0,
    low: words[1]! >>> 0,
    thumbnail: resizeImage(gray, { width: side, height: side, filter: 'area' }).data.slice(),
  };
}

function onesIn(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** How far two pictures may be from each other to count as one. */
export interface NearLimits {
  /** Differing bits of the hash, 0 to 3. Default 3. */
  readonly bits?: number;
  /** Mean difference of the thumbnails in gray levels. Default 6. */
  readonly levels?: number;
}

/** Pictures seen so far, by their prints. */
export interface NearIndex {
  /** The first picture seen that looks like this one; undefined where none does, and this one is kept from then on. */
  seen(id: number, print: ImagePrint): number | undefined;
}

/**
 * Finds near-duplicates one by one: a picture counts as seen where an earlier one that was not itself seen differs in at most
 * `bits` bits of the hash and `levels` gray levels. Memory: about 400 bytes for each picture that is kept.
 */
export function nearIndex({ bits = 3, levels = 6 }: NearLimits = {}): NearIndex {
  const kept: { id: number; print: ImagePrint }[] = [];
  // Hashes that differ in at most three of four words of 16 bits share one word.
  const bands = [0, 1, 2, 3].map(() => new Map<number, number[]>());
  const words = ({ high, low }: ImagePrint): number[] => [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff];
  const alike = (a: ImagePrint, b: ImagePrint): boolean => {
    if (onesIn(a.high ^ b.high) + onesIn(a.low ^ b.low) > bits) return false;
    let sum = 0;
    for (let i = 0; i < side * side; i++) sum += Math.abs(a.thumbnail[i]! - b.thumbnail[i]!);
    return sum <= levels * side * side;
  };
  return {
    seen(id, print) {
      let found: number | undefined;
      for (const [band, word] of words(print).entries()) {
        for (const other of bands[band]!.get(word) ?? [])
          if ((found === undefined || other < found) && alike(print, kept[other]!.print)) found = other;
      }
      if (found !== undefined) return kept[found]!.id;
      kept.push({ id, print });
      for (const [band, word] of words(print).entries()) {
        const list = bands[band]!.get(word);
        if (list === undefined) bands[band]!.set(word, [kept.length - 1]);
        else list.push(kept.length - 1);
      }
      return undefined;
    },
  };
}
