import { OptionError, pairedDifference } from '@selfcure/core';
import type { PairedDifference } from '@selfcure/core';
import { lineChart } from './chart/line-chart.ts';
import { tickLabels, ticks } from './chart/scale.ts';
import { html, table } from './html.ts';
import type { Content, Html } from './html.ts';
import { page } from './page.ts';

/**
 * Values of one run.
 *
 * @example const row: ComparisonRow = { recipe: 'scn', seed: 0, values: { accuracy: 0.74, auroc: null } };
 */
export interface ComparisonRow {
  /** Its column in the comparison; columns stand in order of appearance. */
  readonly recipe: string;
  /** Runs of one seed are paired across recipes; one run a recipe and seed. */
  readonly seed: number;
  /** By {@link ComparisonMetric.key}. Null, NaN or absent where the run has no such value: it is left out of the means. */
  readonly values: Readonly<Record<string, number | null>>;
}

/**
 * One value to compare.
 *
 * @example const metric: ComparisonMetric = { key: 'accuracy', label: 'test accuracy', percent: true, higherIsBetter: true };
 */
export interface ComparisonMetric {
  readonly key: string;
  readonly label: string;
  /** A share in [0, 1], shown in percent. Default: shown as it is. */
  readonly percent?: boolean;
  /** Colours differences; absent where neither direction is better. */
  readonly higherIsBetter?: boolean;
}

/**
 * Values over epochs of one run.
 *
 * @example const curve: ComparisonCurve = { label: 'validation accuracy', recipe: 'scn', seed: 0, series: [0.4, 0.6] };
 */
export interface ComparisonCurve {
  /** Meaning of the values; the first one of a recipe is shown. */
  readonly label: string;
  readonly recipe: string;
  readonly seed: number;
  /** One value an epoch; NaN leaves a gap. Drawn over at least [0, 1]. */
  readonly series: readonly number[];
}

/**
 * What {@link renderComparison}, {@link comparisonTable} and {@link summarize} read.
 *
 * @example
 * const input: ComparisonInput = {
 *   title: 'SCN against cross-entropy',
 *   description: '30 % symmetric noise, three seeds.',
 *   baseline: 'ce',
 *   metrics: [{ key: 'accuracy', label: 'test accuracy', percent: true, higherIsBetter: true }],
 *   rows: [
 *     { recipe: 'ce', seed: 0, values: { accuracy: 0.7 } },
 *     { recipe: 'scn', seed: 0, values: { accuracy: 0.74 } },
 *   ],
 * };
 */
export interface ComparisonInput {
  readonly title: string;
  readonly description: string;
  /** Recipe that the others are compared with, seed by seed. */
  readonly baseline: string;
  /** Rows of the table, in this order. */
  readonly metrics: readonly ComparisonMetric[];
  readonly rows: readonly ComparisonRow[];
  /** Default: no curves. */
  readonly curves?: readonly ComparisonCurve[];
}

/**
 * Mean and spread of one metric of one recipe, and its paired difference to the baseline.
 *
 * @example const { mean, standardDeviation, difference } = summarize(input, 'scn', 'accuracy')!;
 */
export interface Summary {
  /** In order of the rows. */
  readonly values: readonly number[];
  readonly mean: number;
  /** Between seeds, with n - 1; null with one seed. */
  readonly standardDeviation: number | null;
  /** Over the seeds that both recipes have; null for the baseline itself and where no seed is shared. */
  readonly difference: PairedDifference | null;
}

/** Recipes in order of appearance. */
const recipesOf = (rows: readonly ComparisonRow[]): string[] => [...new Set(rows.map(({ recipe }) => recipe))];

/** Refuses what would give a wrong table. */
function check({ rows, baseline }: ComparisonInput): void {
  const seen = new Set<string>();
  for (const { recipe, seed } of rows) {
    const run = JSON.stringify([recipe, seed]);
    if (seen.has(run)) {
      throw new OptionError(
        `comparison: '${recipe}' has two rows of seed ${seed}. Keep one, or name the recipes apart`,
      );
    }
    seen.add(run);
  }
  const recipes = recipesOf(rows);
  if (!recipes.includes(baseline)) {
    throw new OptionError(`comparison: no row has the baseline '${baseline}'. Known: ${recipes.join(', ')}`);
  }
}

/**
 * What the runs of a recipe say of a metric: mean, standard deviation (n - 1) over seeds, and the difference to the baseline
 * over the seeds that both have, with its 95 % interval. Null where no run has the metric.
 *
 * @throws OptionError where a recipe has two rows of one seed, or none has the baseline.
 * @example summarize(input, 'scn', 'accuracy')?.difference?.mean // 0.04
 */
export function summarize(input: ComparisonInput, recipe: string, key: string): Summary | null {
  check(input);
  const of = (name: string): Map<number, number> => {
    const rows = input.rows.filter((row) => row.recipe === name && Number.isFinite(row.values[key]));
    return new Map(rows.map((row) => [row.seed, row.values[key]!]));
  };
  const own = of(recipe);
  const base = of(input.baseline);
  if (own.size === 0) return null;
  const values = [...own.values()];
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const paired = recipe === input.baseline ? [] : [...own.keys()].filter((seed) => base.has(seed));
  const pick = (from: Map<number, number>): number[] => paired.map((seed) => from.get(seed)!);
  return {
    values,
    mean,
    standardDeviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null,
    difference: paired.length > 0 ? pairedDifference(pick(own), pick(base)) : null,
  };
}

function format(value: number, { percent }: ComparisonMetric, sign = false): string {
  const text = percent ? (100 * value).toFixed(1) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(3);
  return sign && value >= 0 ? `+${text}` : text;
}

const spread = (summary: Summary, metric: ComparisonMetric): string => {
  const deviation = summary.standardDeviation === null ? '' : ` ± ${format(summary.standardDeviation, metric)}`;
  return format(summary.mean, metric) + deviation;
};

const heading = ({ label, percent }: ComparisonMetric): string => (percent ? `${label}, %` : label);

/**
 * The comparison as a Markdown table, one row a metric and one column a recipe: mean ± standard deviation over seeds and, where
 * one direction is better, the difference to the baseline in brackets. An empty cell: no run has the metric.
 *
 * @throws OptionError where a recipe has two rows of one seed, or none has the baseline.
 * @example
 * console.log(comparisonTable(input));
 * // |                  | ce   | scn         |
 * // |------------------|------|-------------|
 * // | test accuracy, % | 70.0 | 74.0 (+4.0) |
 */
export function comparisonTable(input: ComparisonInput): string {
  check(input);
  const recipes = recipesOf(input.rows);
  const plain = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
  const cell = (recipe: string, metric: ComparisonMetric): string => {
    const summary = summarize(input, recipe, metric.key);
    if (!summary) return '';
    const { difference } = summary;
    const change =
      difference && metric.higherIsBetter !== undefined ? ` (${format(difference.mean, metric, true)})` : '';
    return spread(summary, metric) + change;
  };
  const body = input.metrics.map((metric) => [
    plain(heading(metric)),
    ...recipes.map((recipe) => cell(recipe, metric)),
  ]);
  const header = ['', ...recipes.map(plain)];
  const widths = header.map((_, column) => Math.max(3, ...[header, ...body].map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string => `| ${row.map((text, i) => text.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(header), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body.map(line)].join('\n');
}

/** Every run as a dot, one row a recipe: the spread at a glance. */
function dots(input: ComparisonInput, metric: ComparisonMetric): Html {
  const recipes = recipesOf(input.rows);
  const summaries = recipes.map((recipe) => summarize(input, recipe, metric.key));
  const all = summaries.flatMap((summary) => summary?.values ?? []);
  if (all.length === 0) return html``;
  const low = Math.min(...all);
  const high = Math.max(...all);
  const margin = (high - low) * 0.08 || Math.abs(low) * 0.08 || 0.5;
  const x = (value: number): string => (12 + ((value - low + margin) / (high - low + 2 * margin)) * 336).toFixed(1);
  const height = 30 * recipes.length + 22;
  const short = (name: string): string => (name.length > 50 ? `${name.slice(0, 49)}…` : name);
  const levels = ticks(low - margin, high + margin, 6);
  const labels = tickLabels(metric.percent ? levels.map((value) => 100 * value) : levels);
  return html`<figure>
    <figcaption>${heading(metric)}</figcaption>
    <svg viewBox="0 0 360 ${height}" role="img" aria-label="${`${metric.label} of every run`}">
      ${levels.map((value, i) => html`<line class="grid" x1="${x(value)}" x2="${x(value)}" y1="16" y2="${height - 14}" /><text class="tick" x="${x(value)}" y="${height - 2}" text-anchor="middle">${labels[i]}</text>`)}
      ${summaries.map((summary, i) => {
        const y = 30 * i + 22;
        return html`<text class="tick" x="12" y="${y - 10}">${short(recipes[i]!)}</text
          ><line class="grid" x1="12" x2="348" y1="${y}" y2="${y}" />${
            summary &&
            html`${summary.values.map((value) => html`<circle class="${`dot series-${i % 6}`}" fill-opacity=".45" r="4" cx="${x(value)}" cy="${y}"><title>${format(value, metric)}</title></circle>`)}<line
                class="${`line series-${i % 6}`}"
                x1="${x(summary.mean)}"
                x2="${x(summary.mean)}"
                y1="${y - 8}"
                y2="${y + 8}"
              />`
          }`;
      })}
    </svg>
  </figure>`;
}

/** Whether a difference is beyond what the seeds explain, and to which side. */
function verdict(difference: PairedDifference, { higherIsBetter }: ComparisonMetric): 'better' | 'worse' | '' {
  const { low, high } = difference;
  if (higherIsBetter === undefined || low === null || high === null || (low <= 0 && high >= 0)) return '';
  return low > 0 === higherIsBetter ? 'better' : 'worse';
}

/**
 * Recipes over seeds as one HTML page that loads nothing: mean ± standard deviation, paired differences to the baseline with
 * their 95 % interval (coloured only where it excludes 0), every run as a dot, curves.
 *
 * @throws OptionError where a recipe has two rows of one seed, or none has the baseline.
 * @example writeFileSync('comparison.html', renderComparison(input));
 */
export function renderComparison(input: ComparisonInput): string {
  check(input);
  const { title, description, baseline, metrics, rows, curves = [] } = input;
  const recipes = recipesOf(rows);
  const seeds = new Set(rows.map(({ seed }) => seed)).size;
  const cell = (recipe: string, metric: ComparisonMetric): Content => {
    const summary = summarize(input, recipe, metric.key);
    if (!summary) return '–';
    const { difference } = summary;
    if (!difference) return spread(summary, metric);
    const { mean, low, high } = difference;
    const signed = (value: number): string => format(value, metric, true);
    const interval = low !== null && high !== null ? ` [${signed(low)}, ${signed(high)}]` : '';
    return html`${spread(summary, metric)}<br /><span class="${`note ${verdict(difference, metric)}`.trimEnd()}"
        >${signed(mean)}${interval}</span
      >`;
  };
  const lines = (recipe: string): Html => {
    const own = curves.filter((curve) => curve.recipe === recipe);
    if (own.length === 0) return html``;
    return lineChart(
      own.map(({ seed, series }, i) => ({ label: `seed ${seed}`, values: series, colour: i % 6 })),
      { title: `${recipe}: ${own[0]!.label}`, range: [0, 1] },
    );
  };
  const note =
    seeds > 1
      ? `Small: difference to ${baseline} over the seeds that both have, with its 95 % interval (Student's\u00a0t). Coloured where one direction is better and the interval excludes 0.`
      : `Small: difference to ${baseline}. One seed says nothing of the spread between runs.`;
  return page(title, [
    html`<h1>${title}</h1>
      <p>${description}</p>`,
    html`<section>
      <h2>${seeds > 1 ? `${seeds} seeds: mean ± standard deviation` : '1 seed'}</h2>
      ${table(
        ['', ...recipes],
        metrics.map((metric) => [html`<b>${heading(metric)}</b>`, ...recipes.map((recipe) => cell(recipe, metric))]),
        recipes.map((_, i) => i + 1),
      )}
      <p class="note">${note}</p>
    </section>`,
    html`<section>
      <h2>Every run</h2>
      <p class="note">A dot is a run, a bar the mean of its recipe.</p>
      <div class="charts">${metrics.map((metric) => dots(input, metric))}</div>
    </section>`,
    curves.length > 0 &&
      html`<section>
        <h2>Over the epochs</h2>
        <div class="charts">${recipes.map(lines)}</div>
      </section>`,
  ]);
}
