import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { shown, withSpread } from './experiment-chart.ts';
import type { ExperimentPlot, PlotPoint } from './experiment-chart.ts';

/** From dark blue to yellow, evenly rising in lightness and the same for colour-blind readers (after cividis, Nuñez et al. 2018). */
const stops: readonly (readonly [number, number, number])[] = [
  [0, 34, 78],
  [53, 69, 108],
  [102, 105, 112],
  [148, 142, 119],
  [200, 184, 102],
  [254, 232, 56],
];

const [left, right, top, bottom, width, cell] = [46, 8, 24, 34, 360, 30];

/** A value for every pair of x and series, as colours with the numbers in them; the highest is framed. */
export function heatMap({
  title,
  x: across,
  rows = '',
  y: figure,
  percent = false,
  series,
  references = [],
}: ExperimentPlot): Html {
  const points = series.flatMap((one) => one.points);
  if (points.length === 0) return html``;
  const means = points.map(({ mean }) => mean);
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  const step = (width - left - right) / xs.length;
  const height = top + series.length * cell + bottom;
  const share = (value: number): number => (high > low ? (value - low) / (high - low) : 0.5);
  const spreads = points.flatMap(({ standardDeviation }) => standardDeviation ?? []).sort((a, b) => a - b);
  const note = [
    `Numbers: ${figure}${percent ? ', %' : ''}. Framed: the highest, chosen with the test in view.`,
    spreads.length > 0 &&
      `Standard deviation over seeds: ${shown(spreads[Math.floor(spreads.length / 2)]!, percent)}${percent ? ' points' : ''} in the middle of all cells.`,
    ...references.map((one) => `${one.label}: ${withSpread(one, percent)}.`),
  ];
  const square = (label: string, row: number, x: number, column: number, point: PlotPoint | undefined): Html => {
    const [cx, cy] = [left + column * step, top + row * cell];
    if (!point)
      return html`<text class="tick" x="${(cx + step / 2).toFixed(1)}" y="${cy + 19}" text-anchor="middle">–</text>`;
    const [r, g, b] = colour(share(point.mean));
    const ink = 0.299 * r + 0.587 * g + 0.114 * b > 120 ? '#000' : '#fff';
    return html`<g
      ><rect
        class="${point.mean === high ? 'square top' : 'square'}"
        x="${(cx + 1).toFixed(1)}"
        y="${cy + 1}"
        width="${(step - 2).toFixed(1)}"
        height="${cell - 2}"
        fill="${`rgb(${r},${g},${b})`}"
      /><text class="number-in" fill="${ink}" x="${(cx + step / 2).toFixed(1)}" y="${cy + 19}" text-anchor="middle"
        >${shown(point.mean, percent)}</text
      ><title>${`${rows} ${label}, ${across} ${x}: ${withSpread(point, percent)}`}</title></g
    >`;
  };
  return html`<figure>
    <figcaption>${title}</figcaption>
    <svg
      viewBox="0 0 ${width} ${height}"
      role="img"
      aria-label="${`${title}: ${figure} from ${shown(low, percent)} to ${shown(high, percent)}`}"
    >
      <text class="tick" x="4" y="14">${rows}</text>
      ${series.map(({ label }, row) => html`<text class="tick" x="${left - 6}" y="${top + row * cell + 19}" text-anchor="end">${label}</text>`)}
      ${xs.map((x, column) => html`<text class="tick" x="${(left + (column + 0.5) * step).toFixed(1)}" y="${height - bottom + 14}" text-anchor="middle">${x}</text>`)}
      <text class="tick" x="${(left + width - right) / 2}" y="${height - 4}" text-anchor="middle">${across}</text>
      ${series.map(({ label, points: own }, row) =>
        xs.map((x, column) =>
          square(
            label,
            row,
            x,
            column,
            own.find((point) => point.x === x),
          ),
        ),
      )}
    </svg>
    <p class="note">${note.filter(Boolean).join(' ')}</p>
  </figure>`;
}

function colour(share: number): readonly [number, number, number] {
  const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const i = Math.min(Math.floor(place), stops.length - 2);
  return stops[i]!.map((value, c) =>
    Math.round(value + (place - i) * (stops[i + 1]![c]! - value)),
  ) as unknown as readonly [number, number, number];
}
