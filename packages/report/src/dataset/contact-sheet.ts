import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { base64, encodePng } from '../png.ts';
import type { Deflate } from '../png.ts';

/** A picture: row-major pixels, channels last, 0 to 255. */
export interface SheetPicture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** Pictures that are shown side by side. */
export interface ContactSheet {
  readonly caption: string;
  /** All of one size and one number of channels. */
  readonly pictures: readonly SheetPicture[];
}

const columns = 12;
const gap = 2;

/** The pictures in rows of twelve, as one image. */
export function contactSheet({ caption, pictures }: ContactSheet, deflate?: Deflate): Html | false {
  const [first] = pictures;
  if (!first) return false;
  const { width, height, channels } = first;
  const across = Math.min(columns, pictures.length);
  const down = Math.ceil(pictures.length / columns);
  const sheetWidth = across * (width + gap) - gap;
  const sheetHeight = down * (height + gap) - gap;
  const sheet = new Uint8Array(sheetWidth * sheetHeight * channels).fill(255);
  pictures.forEach((picture, i) => {
    if (picture.width !== width || picture.height !== height || picture.channels !== channels)
      throw new RangeError(
        `contact sheet '${caption}': picture ${i} has another size than the first. Resize them alike`,
      );
    const left = (i % columns) * (width + gap);
    const top = Math.floor(i / columns) * (height + gap);
    for (let y = 0; y < height; y++) {
      const row = picture.data.subarray(y * width * channels, (y + 1) * width * channels);
      sheet.set(row, ((top + y) * sheetWidth + left) * channels);
    }
  });
  const url = `data:image/png;base64,${base64(encodePng(sheet, sheetWidth, sheetHeight, channels, deflate))}`;
  return html`<figure class="sheet">
    <figcaption>${caption}</figcaption>
    <img src="${url}" width="${sheetWidth}" height="${sheetHeight}" alt="${caption}" />
  </figure>`;
}
