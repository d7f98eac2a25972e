import type { PairedDifference } from '@selfcure/core';
import { html } from '../html.ts';
import type { Content, Html } from '../html.ts';

/** A figure of a table. */
export interface ExperimentMetric {
  readonly key: string;
  readonly label: string;
  /** A share in [0, 1] that is shown in percent. */
  readonly percent?: boolean;
  /** Compared with the control, seed by seed. */
  readonly paired?: boolean;
  /** What it tells of: one table a group. Default `quality`. */
  readonly group?: 'quality' | 'labels' | 'detection' | 'cost';
}

/** One figure over the seeds of a row. */
export interface ExperimentCell {
  readonly mean: number;
  readonly standardDeviation: number | null;
  /** To the control of the same seeds. */
  readonly difference: PairedDifference | null;
}

/** Runs that differ in their seed alone. */
export interface ExperimentRow {
  readonly labels: Readonly<Record<string, string>>;
  readonly seeds: readonly number[];
  readonly cells: Readonly<Record<string, ExperimentCell | null>>;
}

/** A table of an experiment, as plain data; `summarizeResults` of `@selfcure/experiments` gives it. */
export interface ExperimentTable {
  readonly title: string;
  readonly labelNames: readonly string[];
  readonly metrics: readonly ExperimentMetric[];
  readonly control: Readonly<Record<string, string>>;
  readonly rows: readonly ExperimentRow[];
}

const captions: Readonly<Record<NonNullable<ExperimentMetric['group']>, string>> = {
  quality: 'Quality on the test set',
  labels: 'What became of the training labels',
  detection: 'How well scores find wrong labels',
  cost: 'Cost',
};

/** Rows of which a second table is still seen at a glance. */
const SHORT = 12;

/** One table a group of figures; those behind the first are folded where there are many rows. */
export function experimentTable(table: ExperimentTable): Html {
  const groups = (Object.keys(captions) as (keyof typeof captions)[]).flatMap((group) => {
    const metrics = table.metrics.filter(
      (metric) => (metric.group ?? 'quality') === group && table.rows.some(({ cells }) => cells[metric.key]),
    );
    return metrics.length > 0 ? [{ group, metrics }] : [];
  });
  return html`<section>
    <h2>${table.title}</h2>
    ${groups.map(({ group, metrics }, i) =>
      i === 0
        ? html`<h3>${captions[group]}</h3>
            ${grid(table, metrics)}`
        : html`<details${table.rows.length <= SHORT ? html` open="open"` : ''}>
            <summary><h3>${captions[group]}</h3></summary>
            ${grid(table, metrics)}
          </details>`,
    )}
  </section>`;
}

function grid({ labelNames, rows }: ExperimentTable, metrics: readonly ExperimentMetric[]): Html {
  return html`<div class="scroll">
    <table class="results">
      <thead>
        <tr>
          ${labelNames.map((name) => html`<th scope="col">${name}</th>`)}
          <th scope="col" class="number">seeds</th>
          ${metrics.map(({ label, percent }) => html`<th scope="col" class="number">${label}${percent && ', %'}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows
          .filter(({ cells }) => metrics.some(({ key }) => cells[key]))
          .map(
            ({ labels, seeds, cells }) =>
              html`<tr>
                ${labelNames.map((name, i) => (i === 0 ? html`<th scope="row">${plain(labels[name])}</th>` : html`<td>${plain(labels[name])}</td>`))}
                <td class="number">${seeds.length}</td>
                ${metrics.map((metric) => html`<td class="number">${cellContent(cells[metric.key] ?? null, metric)}</td>`)}
              </tr> `,
          )}
      </tbody>
    </table>
  </div>`;
}

const plain = (value = ''): string => (value === 'x' ? '✓' : value === '-' ? '–' : value);

function cellContent(cell: ExperimentCell | null, metric: ExperimentMetric): Content {
  if (!cell) return '–';
  const { mean, standardDeviation, difference } = cell;
  const value = `${number(mean, metric)}${standardDeviation === null ? '' : ` ± ${number(standardDeviation, metric)}`}`;
  if (!difference) return value;
  const { low, high } = difference;
  const interval = low === null || high === null ? '' : ` [${number(low, metric)}, ${number(high, metric)}]`;
  const side = low !== null && low > 0 ? 'better' : high !== null && high < 0 ? 'worse' : '';
  const sign = side === 'better' ? '▲ ' : side === 'worse' ? '▼ ' : '';
  return html`${value}<br /><span class="${`note ${side}`.trimEnd()}"
      >${sign}${difference.mean > 0 ? '+' : ''}${number(difference.mean, metric)}${interval}</span
    >`;
}

/** As in the Markdown tables of `@selfcure/experiments`. */
function number(value: number, { percent = false }: ExperimentMetric): string {
  const digits = percent || Math.abs(value) >= 10 ? 1 : 3;
  const text = (percent ? 100 * value : value).toFixed(Number.isInteger(value) && !percent ? 0 : digits);
  return Number(text) === 0 ? text.replace('-', '') : text;
}
