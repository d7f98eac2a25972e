import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { labelledTicks } from './experiment-chart.ts';

/** A paired difference with its name. */
export interface NamedDifference {
  readonly label: string;
  readonly mean: number;
  /** Ends of the 95 % interval; null of one seed. */
  readonly low: number | null;
  readonly high: number | null;
}

const [width, left, right, rowHeight, top, bottom] = [360, 14, 14, 30, 6, 34];
/** Letters that a row has room for. */
const LETTERS = 58;

/** Paired differences to a control with their intervals around the line of no difference: a triangle points up or down where the interval excludes it. */
export function differences(
  rows: readonly NamedDifference[],
  { title, across, percent = false }: { readonly title: string; readonly across: string; readonly percent?: boolean },
): Html {
  const ends = rows.flatMap(({ mean, low, high }) => [mean, low ?? mean, high ?? mean]);
  const [least, most] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const margin = (most - least) * 0.05 || 0.01;
  const [from, to] = [least - margin, most + margin];
  const at = (value: number): number => left + ((value - from) / (to - from)) * (width - left - right);
  const height = top + rows.length * rowHeight + bottom;
  const signed = (value: number): string => {
    const text = percent ? (100 * value).toFixed(1) : String(Number(value.toPrecision(3)));
    return value > 0 ? `+${text}` : text;
  };
  return html`<figure>
    <figcaption>${title}</figcaption>
    <svg
      viewBox="0 0 ${width} ${height}"
      role="img"
      aria-label="${`${title}. ${rows.map(({ label, mean }) => `${label}: ${signed(mean)}`).join('; ')}`}"
    >
      ${labelledTicks(from, to, percent).map(({ value, label }) => html`<line class="${Math.abs(value) < 1e-12 ? 'zero' : 'grid'}" x1="${at(value).toFixed(1)}" x2="${at(value).toFixed(1)}" y1="${top}" y2="${height - bottom}" /><text class="tick" x="${at(value).toFixed(1)}" y="${height - bottom + 14}" text-anchor="middle">${label}</text>`)}
      <text class="tick" x="${(left + width - right) / 2}" y="${height - 3}" text-anchor="middle">${across}</text>
      ${rows.map(({ label, mean, low, high }, i) => {
        const y = top + i * rowHeight + 20;
        const short = label.length > LETTERS ? `${label.slice(0, LETTERS - 1)}…` : label;
        const interval = low === null || high === null ? '' : ` [${signed(low)}, ${signed(high)}]`;
        return html`<g
          ><text class="row-label" x="${left}" y="${y - 8}">${short}</text>${
            low !== null &&
            high !== null &&
            html`<path
              class="interval"
              d="${`M${at(low).toFixed(1)} ${y}H${at(high).toFixed(1)}M${at(low).toFixed(1)} ${y - 4}V${y + 4}M${at(high).toFixed(1)} ${y - 4}V${y + 4}`}"
            />`
          }${point(at(mean), y, low, high)}<title>${`${label}: ${signed(mean)}${interval}`}</title></g
        >`;
      })}
    </svg>
  </figure>`;
}

function point(x: number, y: number, low: number | null, high: number | null): Html {
  const place = `translate(${x.toFixed(1)} ${y})`;
  if (low !== null && low > 0) return html`<path class="above" d="M0 -6L5.5 4.5H-5.5Z" transform="${place}" />`;
  if (high !== null && high < 0) return html`<path class="below" d="M0 6L5.5 -4.5H-5.5Z" transform="${place}" />`;
  return html`<circle class="open" r="4" cx="${x.toFixed(1)}" cy="${y}" />`;
}
