import type { Dataset } from '@selfcure/core';
import { html } from '../html.ts';
import type { Content, Html } from '../html.ts';
import { base64, encodePng } from '../png.ts';

/** One picture with its caption. */
export interface Picture {
  readonly sample: number;
  readonly caption: Content;
  /** Colours the frame. */
  readonly mark?: 'good' | 'bad';
}

/** Pictures in a grid under a title and a note. */
export interface Gallery {
  readonly title: string;
  readonly note: string;
  readonly pictures: readonly Picture[];
}

/** Longest side of a thumbnail in pixels; larger images are thinned out. */
const largest = 96;

/** Pictures of samples in a grid; nothing where there is none. */
export async function gallery(data: Dataset, { title, note, pictures }: Gallery): Promise<Html> {
  if (pictures.length === 0) return html``;
  const [height, width, channels] = data.shape;
  const size = height * width * channels;
  const pixels = await data.read(pictures.map(({ sample }) => sample));
  const figures = pictures.map(({ sample, caption, mark }, i) => {
    const source = thumbnail(pixels.subarray(i * size, (i + 1) * size), height, width, channels);
    return html`<figure class="${mark ? `face ${mark}` : 'face'}">
      <img alt="${`sample ${sample}`}" title="${`sample ${sample}`}" width="72" src="${source}" />
      <figcaption>${caption}</figcaption>
    </figure>`;
  });
  return html`<section>
    <h3>${title}</h3>
    <p class="note">${note}</p>
    <div class="gallery">${figures}</div>
  </section>`;
}

function thumbnail(pixels: Uint8Array, height: number, width: number, channels: number): string {
  const step = Math.max(1, Math.ceil(Math.max(height, width) / largest));
  const rows = Math.ceil(height / step);
  const columns = Math.ceil(width / step);
  const kept = channels >= 3 ? 3 : 1;
  const small = new Uint8Array(rows * columns * kept);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const from = (y * step * width + x * step) * channels;
      small.set(pixels.subarray(from, from + kept), (y * columns + x) * kept);
    }
  }
  return `data:image/png;base64,${base64(encodePng(small, columns, rows, kept))}`;
}
