import { html, percent as inPercent } from '../html.ts';
import type { Html } from '../html.ts';
import { frame, tickLabels, ticks } from './scale.ts';

/** One line of a chart; NaN leaves a gap. */
export interface Line {
  readonly label: string;
  readonly values: readonly number[];
  /** 0 to 5: one of the page's series colours. */
  readonly colour: number;
  /** For a line that may lie on another one. */
  readonly dashed?: boolean;
}

/** Options of {@link lineChart}. */
export interface LineChartOptions {
  readonly title: string;
  /** Meaning of the horizontal axis. Default `'epoch'`; values are at 1, 2, …. */
  readonly across?: string;
  /** Least vertical range, such as [0, 1] for shares. */
  readonly range?: readonly [number, number];
  /** Values are shares, shown in percent. */
  readonly percent?: boolean;
}

const { width, height, left, right, top, bottom } = frame;

/** Lines over epochs as inline SVG, with the last value of each in the legend. */
export function lineChart(
  lines: readonly Line[],
  { title, across = 'epoch', range, percent = false }: LineChartOptions,
): Html {
  const finite = lines.flatMap((line) => line.values.filter(Number.isFinite));
  const length = Math.max(...lines.map((line) => line.values.length), 1);
  let low = Math.min(...finite, range?.[0] ?? Infinity);
  let high = Math.max(...finite, range?.[1] ?? -Infinity);
  if (!(high > low)) [low, high] = Number.isFinite(low) ? [low - 0.5, low + 0.5] : [0, 1];
  const x = (i: number): string => (left + (length > 1 ? i / (length - 1) : 0.5) * (width - left - right)).toFixed(1);
  const y = (value: number): string => (top + (1 - (value - low) / (high - low)) * (height - top - bottom)).toFixed(1);
  const has = (values: readonly number[], i: number): boolean => Number.isFinite(values[i]);
  const path = (values: readonly number[]): string =>
    values.map((value, i) => (has(values, i) ? `${has(values, i - 1) ? 'L' : 'M'}${x(i)} ${y(value)}` : '')).join('');
  /** Points that no line reaches. */
  const lone = (values: readonly number[]): number[] =>
    [...values.keys()].filter((i) => has(values, i) && !has(values, i - 1) && !has(values, i + 1));
  const last = (value: number | undefined): string =>
    value === undefined || !Number.isFinite(value)
      ? '–'
      : percent
        ? inPercent(value)
        : String(Number(value.toPrecision(3)));

  const levels = ticks(low, high);
  const labels = tickLabels(percent ? levels.map((value) => 100 * value) : levels);
  const epochs = ticks(1, length).filter(Number.isInteger);
  return html`<figure>
    <figcaption>${title}</figcaption>
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${`${title} by ${across}`}">
      ${levels.map((value, i) => html`<line class="grid" x1="${left}" x2="${width - right}" y1="${y(value)}" y2="${y(value)}" /><text class="tick" x="${left - 6}" y="${(Number(y(value)) + 4).toFixed(1)}" text-anchor="end">${labels[i]}${percent && ' %'}</text>`)}
      ${epochs.map((value) => html`<text class="tick" x="${x(value - 1)}" y="${height - bottom + 15}" text-anchor="middle">${value}</text>`)}
      <text class="tick" x="${(left + width - right) / 2}" y="${height - 3}" text-anchor="middle">${across}</text>
      ${lines.map(({ values, colour, dashed }) => html`<path class="${`line series-${colour}${dashed ? ' dashed' : ''}`}" d="${path(values)}" />${lone(values).map((i) => html`<circle class="${`dot series-${colour}`}" r="3" cx="${x(i)}" cy="${y(values[i]!)}" />`)}`)}
    </svg>
    <ul class="legend">
      ${lines.map(({ label, values, colour, dashed }) => html`<li><span class="${`swatch series-${colour}${dashed ? ' dashed' : ''}`}"></span>${label} <b>${last(values.at(-1))}</b></li>`)}
    </ul>
  </figure>`;
}
