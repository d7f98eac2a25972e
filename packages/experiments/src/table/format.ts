import type { Cell, Metric, Summary } from './summarize.ts';

/** Shares in percent with one decimal; other numbers with three below 10, and whole ones as they are. */
function scale(value: number, { percent = false }: Metric): string {
  if (Number.isInteger(value) && !percent) return String(value);
  const text = (percent ? 100 * value : value).toFixed(percent || Math.abs(value) >= 10 ? 1 : 3);
  return Number(text) === 0 ? text.replace('-', '') : text;
}
const signed = (value: number, metric: Metric): string => `${value > 0 ? '+' : ''}${scale(value, metric)}`;

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

const captions: Readonly<Record<NonNullable<Metric['group']>, string>> = {
  quality: 'Quality on the test set',
  labels: 'What became of the training labels',
  detection: 'How well scores find wrong labels',
  cost: 'Cost',
};

/** Rows that have any of some figures. */
export const rowsWith = (rows: Summary['rows'], metrics: readonly Metric[]): Summary['rows'] =>
  rows.filter(({ cells }) => metrics.some(({ key }) => cells[key]));

/** A table in GitHub's Markdown, one a group of figures; shares in percent. */
export function toMarkdown({ title, labelNames, metrics, rows }: Summary): string {
  const shown = metrics.filter(({ key }) => rows.some(({ cells }) => cells[key]));
  const groups = Object.keys(captions).flatMap((group) => {
    const own = shown.filter((metric) => (metric.group ?? 'quality') === group);
    return own.length > 0 ? [{ caption: captions[group as keyof typeof captions], own }] : [];
  });
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    `### ${title}`,
    '',
    ...groups.flatMap(({ caption, own }) => [
      ...(groups.length > 1 ? [`${caption}:`, ''] : []),
      line([...labelNames, 'seeds', ...own.map(({ label, percent }) => `${label}${percent ? ', %' : ''}`)]),
      line([...labelNames, 'seeds', ...own.map(() => '')].map(() => '---')),
      ...rowsWith(rows, own).map(({ labels, seeds, cells }) =>
        line([
          ...labelNames.map((name) => labels[name] ?? ''),
          String(seeds.length),
          ...own.map((metric) => formatCell(cells[metric.key] ?? null, metric)),
        ]),
      ),
      '',
    ]),
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
