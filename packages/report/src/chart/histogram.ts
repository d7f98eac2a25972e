import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { frame, tickLabels, ticks } from './scale.ts';

/** One group of values in a histogram. */
export interface HistogramGroup {
  readonly label: string;
  readonly values: readonly number[];
  /** 0 to 5: one of the page's series colours. */
  readonly colour: number;
}

const { width, height, left, right, top, bottom } = frame;
const bins = 25;

/** Shares of groups over [0, 1] in 25 bins, each group drawn as shares of its own, so that a rare group stays visible. */
export function histogram(
  groups: readonly HistogramGroup[],
  { title, across }: { readonly title: string; readonly across: string },
): Html {
  const shares = groups.map(({ values }) => {
    const counts = new Array<number>(bins).fill(0);
    for (const value of values) {
      const bin = Math.min(bins - 1, Math.max(0, Math.floor(value * bins)));
      counts[bin] = counts[bin]! + 1;
    }
    return counts.map((count) => count / Math.max(1, values.length));
  });
  const high = Math.max(...shares.flat(), 1e-9);
  const step = (width - left - right) / bins;
  const y = (share: number): number => top + (1 - share / high) * (height - top - bottom);
  const levels = ticks(0, high, 4);
  const labels = tickLabels(levels.map((value) => 100 * value));
  return html`<figure>
    <figcaption>${title}</figcaption>
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
      ${levels.map((value, i) => html`<line class="grid" x1="${left}" x2="${width - right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" /><text class="tick" x="${left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${labels[i]} %</text>`)}
      ${[0, 0.2, 0.4, 0.6, 0.8, 1].map((value) => html`<text class="tick" x="${(left + value * (width - left - right)).toFixed(1)}" y="${height - bottom + 15}" text-anchor="middle">${value}</text>`)}
      <text class="tick" x="${(left + width - right) / 2}" y="${height - 3}" text-anchor="middle">${across}</text>
      ${shares.map((bars, g) => bars.map((share, i) => (share > 0 ? html`<rect class="${`bar series-${groups[g]!.colour}`}" x="${(left + i * step + 0.5).toFixed(1)}" width="${(step - 1).toFixed(1)}" y="${y(share).toFixed(1)}" height="${(height - bottom - y(share)).toFixed(1)}" />` : '')))}
    </svg>
    <ul class="legend">
      ${groups.map((group) => html`<li><span class="${`swatch series-${group.colour}`}"></span>${group.label} <b>${group.values.length}</b></li>`)}
    </ul>
  </figure>`;
}
