import { html } from '../html.ts';
import type { Content, Html } from '../html.ts';
import { labelledTicks, plotFrame, rangeOf, shown, withSpread } from './experiment-chart.ts';
import type { ExperimentPlot, PlotPoint } from './experiment-chart.ts';
import { dashOf, legendMark, marker, styles } from './series-style.ts';

const { width, height, left, right, top, bottom } = plotFrame;
/** Distance of the error bars of one x, so that none hides another. */
const DODGE = 3;
/** Least distance of tick labels. */
const TICK = 30;

/** Lines over one axis: points with error bars of one standard deviation, or for many points lines in bands. References lie across. */
export function errorLines({
  title,
  x: across,
  y: figure,
  percent = false,
  kind,
  series,
  references = [],
}: ExperimentPlot): Html {
  const points = series.flatMap((one) => one.points);
  if (points.length === 0) return html``;
  const [low, high] = rangeOf([...points, ...references]);
  const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  const [first, last] = [xs[0]!, xs.at(-1)!];
  const pad = kind === 'lines' ? 12 : 0;
  const at = (x: number): number =>
    left + pad + (last > first ? (x - first) / (last - first) : 0.5) * (width - left - right - 2 * pad);
  const up = (value: number): number => top + (1 - (value - low) / (high - low)) * (height - top - bottom);
  const dodged = (i: number): number => (kind === 'lines' ? (i - (series.length - 1) / 2) * DODGE : 0);
  const line = (of: readonly PlotPoint[], i: number): string =>
    of
      .map(({ x, mean }, k) => `${k === 0 ? 'M' : 'L'}${(at(x) + dodged(i)).toFixed(1)} ${up(mean).toFixed(1)}`)
      .join('');
  const levels = labelledTicks(low, high, percent);
  return html`<figure>
    <figcaption>${title}</figcaption>
    <svg
      viewBox="0 0 ${width} ${height}"
      role="img"
      aria-label="${`${title}: ${figure} by ${across}. ${spoken(series, percent)}`}"
    >
      ${levels.map(({ value, label }) => html`<line class="grid" x1="${left}" x2="${width - right}" y1="${up(value).toFixed(1)}" y2="${up(value).toFixed(1)}" /><text class="tick" x="${left - 6}" y="${(up(value) + 4).toFixed(1)}" text-anchor="end">${label}</text>`)}
      ${axisLabels(xs, at, kind === 'course').map(({ value, label }) => html`<text class="tick" x="${at(value).toFixed(1)}" y="${height - bottom + 15}" text-anchor="middle">${label}</text>`)}
      <text class="tick" x="${(left + width - right) / 2}" y="${height - 4}" text-anchor="middle">
        ${across}${percent && `; ${figure}, %`}
      </text>
      ${references.map(({ mean }, i) => html`<line class="${`trace trace-${(series.length + i) % styles} reference`}" stroke-dasharray="${dashOf(Math.max(1, series.length + i))}" x1="${left}" x2="${width - right}" y1="${up(mean).toFixed(1)}" y2="${up(mean).toFixed(1)}" />`)}
      ${series.map((one, i) => {
        if (one.points.length === 0) return '';
        const own = `trace trace-${i % styles}`;
        const rising = [...one.points].sort((a, b) => a.x - b.x);
        return html`${kind === 'course' ? band(rising, at, up, i) : bars(rising, at, up, dodged(i), own)}
          <path class="${own}" stroke-dasharray="${dashOf(i)}" d="${line(rising, i)}" />${marked(rising, i, kind).map(
            (point) =>
              html`<g
                >${marker(i, at(point.x) + dodged(i), up(point.mean))}<title>
                  ${`${one.label}, ${across} ${point.x}: ${withSpread(point, percent)}`}
                </title></g
              >`,
          )}`;
      })}
    </svg>
    <ul class="legend">
      ${series.map(({ label, points: own }, i) => own.length > 0 && html`<li>${legendMark(i)} ${label}${kind === 'course' && html` <b>${shown(own.at(-1)!.mean, percent)}</b>`}</li>`)}
      ${references.map((reference, i) => html`<li>${referenceMark(series.length + i)} ${reference.label} <b>${withSpread(reference, percent)}</b></li>`)}
    </ul>
  </figure>`;
}

/** Every x that has room for its label; for epochs round numbers. */
function axisLabels(
  xs: readonly number[],
  at: (x: number) => number,
  round: boolean,
): readonly { readonly value: number; readonly label: string }[] {
  if (round) return labelledTicks(xs[0]!, xs.at(-1)!).filter(({ value }) => Number.isInteger(value));
  const kept: number[] = [];
  for (const x of xs) if (kept.length === 0 || at(x) - at(kept.at(-1)!) >= TICK) kept.push(x);
  return kept.map((value) => ({ value, label: String(value) }));
}

/** Markers of a course stand apart, and at other epochs for every line. */
function marked(points: readonly PlotPoint[], series: number, kind: ExperimentPlot['kind']): readonly PlotPoint[] {
  if (kind === 'lines' || points.length <= 8) return points;
  const step = Math.ceil(points.length / 5);
  return points.filter((_, k) => (k + series * 2) % step === step - 1);
}

const bars = (
  points: readonly PlotPoint[],
  at: (x: number) => number,
  up: (value: number) => number,
  shift: number,
  style: string,
): Content =>
  points.map(({ x, mean, standardDeviation }) => {
    if (!standardDeviation) return '';
    const [middle, high, low] = [at(x) + shift, up(mean + standardDeviation), up(mean - standardDeviation)];
    const end = (y: number): string => `M${(middle - 3).toFixed(1)} ${y.toFixed(1)}H${(middle + 3).toFixed(1)}`;
    return html`<path
      class="${`${style} bar-line`}"
      d="${`M${middle.toFixed(1)} ${high.toFixed(1)}V${low.toFixed(1)}${end(high)}${end(low)}`}"
    />`;
  });

function band(
  points: readonly PlotPoint[],
  at: (x: number) => number,
  up: (value: number) => number,
  series: number,
): Content {
  if (points.length < 2 || points.some(({ standardDeviation }) => standardDeviation === null)) return '';
  const edge = (sign: number, of: readonly PlotPoint[]): string =>
    of
      .map(({ x, mean, standardDeviation }) => `${at(x).toFixed(1)} ${up(mean + sign * standardDeviation!).toFixed(1)}`)
      .join('L');
  return html`<path
    class="${`band band-${series % styles}`}"
    d="${`M${edge(1, points)}L${edge(-1, points.toReversed())}Z`}"
  />`;
}

const referenceMark = (series: number): Html =>
  html`<svg class="key" viewBox="0 0 30 12" width="30" height="12" aria-hidden="true">
    <path
      class="${`trace trace-${series % styles} reference`}"
      stroke-dasharray="${dashOf(Math.max(1, series))}"
      d="M0 6H30"
    />
  </svg>`;

/** The plot for those who hear it: where each line begins and ends. */
const spoken = (series: ExperimentPlot['series'], percent: boolean): string =>
  series
    .filter(({ points }) => points.length > 0)
    .map(({ label, points }) => {
      const [from, to] = [points[0]!, points.at(-1)!];
      return `${label}: ${shown(from.mean, percent)} at ${from.x}${points.length > 1 ? `, ${shown(to.mean, percent)} at ${to.x}` : ''}`;
    })
    .join('; ');
