import { html } from '../html.ts';
import type { Html } from '../html.ts';

/** Number of series that have a look of their own; further ones begin anew. */
export const styles = 8;

/** Dashes of the lines, none for the first. */
const dashes = ['', '7 3', '2 3', '9 3 2 3', '5 2', '1 2', '12 4', '6 2 1 2 1 2'];

/** Outlines of the markers around 0, radius about 4. */
const shapes = [
  'M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0Z',
  'M-3.5 -3.5H3.5V3.5H-3.5Z',
  'M0 -4.6L4.4 3.4H-4.4Z',
  'M0 -5L5 0L0 5L-5 0Z',
  'M0 4.6L4.4 -3.4H-4.4Z',
  'M-1.4 -4.5H1.4V-1.4H4.5V1.4H1.4V4.5H-1.4V1.4H-4.5V-1.4H-1.4Z',
  'M-4.4 -4.4L4.4 4.4L4.4 -4.4L-4.4 4.4Z',
  'M0 -5L1.5 -1.6L5 -1.5L2.3 0.8L3.1 4.2L0 2.3L-3.1 4.2L-2.3 0.8L-5 -1.5L-1.5 -1.6Z',
];

/** Dashes of a series, as a value of `stroke-dasharray`; empty for a whole line. */
export const dashOf = (series: number): string => dashes[series % styles]!;

/** A marker of a series; told apart by its shape as well as by its colour. */
export function marker(series: number, x: number, y: number): Html {
  return html`<path
    class="${`mark mark-${series % styles}`}"
    d="${shapes[series % styles]!}"
    transform="${`translate(${x.toFixed(1)} ${y.toFixed(1)})`}"
  />`;
}

/** What a legend shows of a series: a piece of its line with its marker. It is drawn, so that it is printed. */
export function legendMark(series: number, lines = true): Html {
  return html`<svg class="key" viewBox="0 0 30 12" width="30" height="12" aria-hidden="true">
    ${lines && html`<path class="${`trace trace-${series % styles}`}" stroke-dasharray="${dashOf(series)}" d="M0 6H30" />`}
    ${marker(series, 15, 6)}
  </svg>`;
}
