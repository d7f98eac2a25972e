import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { tickLabel, ticks } from './scale.ts';

/** One line of a chart; NaN leaves a gap. */
export interface Line {
  readonly label: string;
  readonly values: readonly number[];
  /** 0 to 5: one of the page's series colours. */
  readonly colour: number;
  readonly dashed?: boolean;
}

/** Options of {@link lineChart}. */
export interface LineChartOptions {
  readonly title: string;
  /** Meaning of the horizontal axis. Default `'epoch'`; values are at 1, 2, …. */
  readonly across?: string;
  /** Least vertical range, such as [0, 1] for shares. */
  readonly range?: readonly [number, number];
  readonly format?: (value: number) => string;
}

const width = 360;
const height = 190;
const left = 46;
const right = 10;
const top = 10;
const bottom = 32;

/** Lines over epochs as inline SVG, with the last value of each in the legend. */
export function lineChart(lines: readonly Line[], { title, across = 'epoch', range, format = (value) => String(Number(value.toPrecision(3))) }: LineChartOptions): Html {
  const finite = lines.flatMap((line) => line.values.filter(Number.isFinite));
  const length = Math.max(...lines.map((line) => line.values.length), 1);
  let low = Math.min(...finite, range?.[0] ?? Infinity);
  let high = Math.max(...finite, range?.[1] ?? -Infinity);
  if (!(high > low)) [low, high] = Number.isFinite(low) ? [low - 0.5, low + 0.5] : [0, 1];
  const x = (i: number): number => left + (length > 1 ? i / (length - 1) : 0.5) * (width - left - right);
  const y = (value: number): number => top + (1 - (value - low) / (high - low)) * (height - top - bottom);
  const path = (values: readonly number[]): string =>
    values
      .map((value, i) => (Number.isFinite(value) ? `${i > 0 && Number.isFinite(values[i - 1]!) ? 'L' : 'M'}${x(i).toFixed(1)} ${y(value).toFixed(1)}` : ''))
      .join('');
  const epochs = ticks(1, length).filter(Number.isInteger);
  return html`<figure><figcaption>${title}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${`${title} by ${across}`}">
${ticks(low, high).map((value) => html`<line class="grid" x1="${left}" x2="${width - right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/><text class="tick" x="${left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${tickLabel(value)}</text>`)}
${epochs.map((value) => html`<text class="tick" x="${x(value - 1).toFixed(1)}" y="${height - bottom + 15}" text-anchor="middle">${value}</text>`)}
<text class="tick" x="${(left + width - right) / 2}" y="${height - 3}" text-anchor="middle">${across}</text>
${lines.map((line) => html`<path class="${`line series-${line.colour}${line.dashed ? ' dashed' : ''}`}" d="${path(line.values)}"/>`)}
</svg>
<ul class="legend">${lines.map((line) => html`<li><span class="${`swatch series-${line.colour}`}"></span>${line.label} <b>${Number.isFinite(line.values.at(-1)) ? format(line.values.at(-1)!) : '–'}</b></li>`)}</ul></figure>`;
}
