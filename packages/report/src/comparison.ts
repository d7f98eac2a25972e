import { pairedDifference } from '@selfcure/core';
import { lineChart } from './chart/line-chart.ts';
import { html, table } from './html.ts';
import type { Content, Html } from './html.ts';
import { page } from './page.ts';

/** Values of one run. */
export interface ComparisonRow {
  readonly recipe: string;
  readonly seed: number;
  readonly values: Readonly<Record<string, number | null>>;
}

/** One value to compare. */
export interface ComparisonMetric {
  readonly key: string;
  readonly label: string;
  /** A share in [0, 1], shown in percent. */
  readonly percent?: boolean;
  /** Colours differences; absent where neither direction is better. */
  readonly higherIsBetter?: boolean;
}

/** What {@link renderComparison} and {@link comparisonTable} show. */
export interface ComparisonInput {
  readonly title: string;
  readonly description: string;
  /** Recipe that the others are compared with, seed by seed. */
  readonly baseline: string;
  readonly metrics: readonly ComparisonMetric[];
  readonly rows: readonly ComparisonRow[];
  readonly curves?: readonly { readonly label: string; readonly recipe: string; readonly seed: number; readonly series: readonly number[] }[];
}

/** Mean and spread of one metric of one recipe, and its paired difference to the baseline. */
export interface Summary {
  readonly values: readonly number[];
  readonly mean: number;
  /** Between seeds; null with one seed. */
  readonly standardDeviation: number | null;
  readonly difference: ReturnType<typeof pairedDifference> | null;
}

/** Recipes in order of appearance. */
const recipesOf = (rows: readonly ComparisonRow[]): string[] => [...new Set(rows.map(({ recipe }) => recipe))];

/** What the runs of a recipe say of a metric; null where none has it. */
export function summarize(input: ComparisonInput, recipe: string, key: string): Summary | null {
  const of = (name: string): Map<number, number> =>
    new Map(input.rows.flatMap((row) => (row.recipe === name && typeof row.values[key] === 'number' ? [[row.seed, row.values[key]]] : [])));
  const own = of(recipe);
  const base = of(input.baseline);
  if (own.size === 0) return null;
  const values = [...own.values()];
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const paired = [...own.keys()].filter((seed) => base.has(seed));
  return {
    values,
    mean,
    standardDeviation: values.length > 1 ? Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)) : null,
    difference: recipe !== input.baseline && paired.length > 0 ? pairedDifference(paired.map((seed) => own.get(seed)!), paired.map((seed) => base.get(seed)!)) : null,
  };
}

function format(value: number, { percent }: ComparisonMetric, sign = false): string {
  const text = percent ? (100 * value).toFixed(1) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(3);
  return sign && value >= 0 ? `+${text}` : text;
}

const spread = (summary: Summary, metric: ComparisonMetric): string =>
  format(summary.mean, metric) + (summary.standardDeviation === null ? '' : ` ± ${format(summary.standardDeviation, metric)}`);

/**
 * The comparison as a Markdown table: mean ± standard deviation over seeds, the difference to the baseline below it.
 *
 * @example console.log(comparisonTable(input));
 */
export function comparisonTable(input: ComparisonInput): string {
  const recipes = recipesOf(input.rows);
  const cell = (recipe: string, metric: ComparisonMetric): string => {
    const summary = summarize(input, recipe, metric.key);
    if (!summary) return '';
    const change = summary.difference && metric.higherIsBetter !== undefined ? ` (${format(summary.difference.mean, metric, true)})` : '';
    return spread(summary, metric) + change;
  };
  const body = input.metrics.map((metric) => [metric.label + (metric.percent ? ', %' : ''), ...recipes.map((recipe) => cell(recipe, metric))]);
  const cells = [['', ...recipes], ...body];
  const widths = cells[0]!.map((_, column) => Math.max(3, ...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string => `| ${row.map((text, i) => text.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(cells[0]!), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body.map(line)].join('\n');
}

/** Every run as a dot, one row a recipe: the spread at a glance. */
function dots(input: ComparisonInput, metric: ComparisonMetric): Html {
  const recipes = recipesOf(input.rows);
  const summaries = recipes.map((recipe) => summarize(input, recipe, metric.key));
  const all = summaries.flatMap((summary) => summary?.values ?? []);
  if (all.length === 0) return html``;
  const low = Math.min(...all);
  const high = Math.max(...all);
  const margin = (high - low) * 0.08 || 0.5;
  const x = (value: number): number => 12 + ((value - low + margin) / (high - low + 2 * margin)) * 336;
  const height = 30 * recipes.length + 22;
  return html`<figure><figcaption>${metric.label}${metric.percent && ', %'}</figcaption>
<svg viewBox="0 0 360 ${height}" role="img" aria-label="${`${metric.label} of every run`}">
${summaries.map((summary, i) => html`<text class="tick" x="12" y="${30 * i + 12}">${recipes[i]!}</text><line class="grid" x1="12" x2="348" y1="${30 * i + 22}" y2="${30 * i + 22}"/>${summary && [
    summary.values.map((value) => html`<circle class="${`dot series-${i % 6}`}" fill-opacity=".45" r="4" cx="${x(value).toFixed(1)}" cy="${30 * i + 22}"><title>${format(value, metric)}</title></circle>`),
    html`<line class="${`line series-${i % 6}`}" x1="${x(summary.mean).toFixed(1)}" x2="${x(summary.mean).toFixed(1)}" y1="${30 * i + 14}" y2="${30 * i + 30}"/>`,
  ]}`)}
<text class="tick" x="${x(low).toFixed(1)}" y="${height - 2}" text-anchor="middle">${format(low, metric)}</text><text class="tick" x="${x(high).toFixed(1)}" y="${height - 2}" text-anchor="middle">${high > low ? format(high, metric) : ''}</text>
</svg></figure>`;
}

/**
 * Recipes over seeds as one HTML page: mean and spread, paired differences to the baseline with their 95 % interval, every
 * run as a dot, curves.
 *
 * @example writeFileSync('report.html', renderComparison(input));
 */
export function renderComparison(input: ComparisonInput): string {
  const recipes = recipesOf(input.rows);
  const seeds = new Set(input.rows.map(({ seed }) => seed)).size;
  const cell = (recipe: string, metric: ComparisonMetric): Content => {
    const summary = summarize(input, recipe, metric.key);
    if (!summary) return '–';
    const { difference } = summary;
    const better = difference && metric.higherIsBetter !== undefined && difference.mean !== 0 ? (difference.mean > 0 === metric.higherIsBetter ? 'better' : 'worse') : '';
    const interval = difference && difference.low !== null && difference.high !== null ? ` [${format(difference.low, metric, true)}, ${format(difference.high, metric, true)}]` : '';
    return html`${spread(summary, metric)}${difference && html`<br><span class="${`note ${better}`}">${format(difference.mean, metric, true)}${interval}</span>`}`;
  };
  const lines = (recipe: string): Html =>
    lineChart(
      (input.curves ?? []).filter((curve) => curve.recipe === recipe).map((curve, i) => ({ label: `seed ${curve.seed}`, values: curve.series, colour: i % 6 })),
      { title: `${recipe}: ${input.curves!.find((curve) => curve.recipe === recipe)?.label ?? ''}`, range: [0, 1] },
    );
  return page(input.title, [
    html`<h1>${input.title}</h1><p>${input.description}</p>`,
    html`<section><h2>${seeds} seed(s): mean ± standard deviation</h2>${table(
      ['', ...recipes],
      input.metrics.map((metric) => [html`<b>${metric.label}</b>${metric.percent && ', %'}`, ...recipes.map((recipe) => cell(recipe, metric))]),
      recipes.map((_, i) => i + 1),
    )}<p class="note">Small: difference to ${input.baseline} of the same seed, with its 95 % interval (Student's t over the seeds).</p></section>`,
    html`<section><h2>Every run</h2><div class="charts">${input.metrics.map((metric) => dots(input, metric))}</div></section>`,
    input.curves?.length ? html`<section><h2>Over the epochs</h2><div class="charts">${recipes.map(lines)}</div></section>` : html``,
  ]);
}
