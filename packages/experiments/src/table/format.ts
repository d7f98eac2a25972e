import type { Cell, Metric, Summary } from './summarize.ts';

const scale = (value: number, { percent = false }: Metric, digits = percent ? 1 : 3): string =>
  (percent ? 100 * value : value).toFixed(Number.isInteger(value) && !percent ? 0 : digits);
const signed = (value: number, metric: Metric): string => `${value >= 0 ? '+' : ''}${scale(value, metric)}`;

/** Mean ± standard deviation, and the paired difference with its 95 % interval. */
export function formatCell(cell: Cell | null, metric: Metric): string {
  if (cell === null) return '';
  const { mean, standardDeviation, difference } = cell;
  const spread = standardDeviation === null ? '' : ` ± ${scale(standardDeviation, metric)}`;
  const interval =
    difference === null || difference.low === null
      ? ''
      : ` [${scale(difference.low, metric)}, ${scale(difference.high!, metric)}]`;
  return `${scale(mean, metric)}${spread}${difference === null ? '' : ` (${signed(difference.mean, metric)}${interval})`}`;
}

/** A table in GitHub's Markdown; shares in percent. */
export function toMarkdown({ title, labelNames, metrics, rows }: Summary): string {
  const shown = metrics.filter(({ key }) => rows.some(({ cells }) => cells[key] !== null));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    `### ${title}`,
    '',
    line([...labelNames, 'seeds', ...shown.map(({ label, percent }) => `${label}${percent ? ', %' : ''}`)]),
    line([...labelNames, 'seeds', ...shown.map(() => '')].map(() => '---')),
    ...rows.map(({ labels, seeds, cells }) =>
      line([
        ...labelNames.map((name) => labels[name] ?? ''),
        String(seeds.length),
        ...shown.map((metric) => formatCell(cells[metric.key] ?? null, metric)),
      ]),
    ),
    '',
  ].join('\n');
}

/** A table as CSV (RFC 4180): for every metric its mean, standard deviation, difference and the ends of its interval. Shares in [0, 1]. */
export function toCsv({ labelNames, metrics, rows }: Summary): string {
  const field = (value: string | number | null): string => {
    const text = value === null ? '' : String(value);
    // A spreadsheet would run what looks like a formula.
    const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const parts = ['mean', 'sd', 'difference', 'low', 'high'];
  const header = [...labelNames, 'seeds', ...metrics.flatMap(({ key }) => parts.map((part) => `${key}/${part}`))];
  const body = rows.map(({ labels, seeds, cells }) => [
    ...labelNames.map((name) => labels[name] ?? ''),
    seeds.length,
    ...metrics.flatMap(({ key }) => {
      const cell = cells[key];
      if (!cell) return parts.map(() => null);
      const { mean, standardDeviation, difference } = cell;
      return [mean, standardDeviation, difference?.mean ?? null, difference?.low ?? null, difference?.high ?? null];
    }),
  ]);
  return [header, ...body].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}
