import type { PairedDifference } from '@selfcure/core';
import { groupsOf } from './groups.ts';
import type { RowGroup } from './groups.ts';
import { rowName } from './row-name.ts';
import type { Metric, Summary, SummaryRow } from './summarize.ts';

/** Rows of a group that are told one by one; of more, the highest and the lowest are. */
const FEW = 9;

const digits = ({ percent = false }: Metric): number => (percent ? 1 : 3);
const scaled = (value: number, metric: Metric): string => {
  const text = (metric.percent ? 100 * value : value).toFixed(digits(metric));
  return Number(text) === 0 ? text.replace('-', '') : text;
};
const unit = ({ percent }: Metric): string => (percent ? ' points' : '');

/** What a difference says: its interval is above 0, below, or holds it; null where it has none. */
export type Verdict = 'above' | 'below' | 'none';

/** Reads a paired difference; null where there is no interval, as with one seed. */
export function verdictOf(difference: PairedDifference | null): Verdict | null {
  if (!difference || difference.low === null || difference.high === null) return null;
  if (difference.low > 0) return 'above';
  return difference.high < 0 ? 'below' : 'none';
}

/**
 * What a table says, in sentences: for every row its paired difference to the control with the 95 % interval, or that there is none beyond what the
 * seeds explain. Of many rows, how many lie above, below and at the control, and the two ends.
 *
 * @param key figure that is told of. Default the accuracy of the last epoch.
 * @example headlines(summary) // ['cure beats ce by +3.6 points [2.1, 5.0] over 3 seeds.']
 */
export function headlines(summary: Summary, key = 'accuracy'): string[] {
  const metric = summary.metrics.find((one) => one.key === key);
  if (!metric) return [];
  const { groups, within } = groupsOf(summary);
  return groups.flatMap((group) => {
    const sentences = tell(group, within, metric);
    if (sentences.length === 0) return [];
    const place = Object.entries(group.labels)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
    return sentences.map((sentence) => (place === '' ? sentence : `${capital(place)}: ${sentence}`));
  });
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function tell({ control, rows }: RowGroup, within: readonly string[], metric: Metric): string[] {
  if (!control) return [];
  const against = rowName(control.labels, within);
  const compared = rows.filter(({ cells }) => cells[metric.key]?.difference);
  const sentence = (row: SummaryRow): string => {
    const { mean, low, high, n } = row.cells[metric.key]!.difference!;
    const by = `${mean > 0 ? '+' : ''}${scaled(mean, metric)}${unit(metric)}`;
    const name = rowName(row.labels, within);
    if (low === null || high === null)
      return `${name} and ${against} differ by ${by} with one seed, which says nothing of the spread between runs.`;
    const interval = `[${scaled(low, metric)}, ${scaled(high, metric)}] over ${n} seeds`;
    if (low > 0) return `${name} beats ${against} by ${by} ${interval}.`;
    if (high < 0) return `${name} falls behind ${against} by ${by} ${interval}.`;
    return `${name} and ${against} show no difference beyond the seeds: ${by} ${interval}.`;
  };
  if (compared.length <= FEW) return compared.map(sentence);
  const count = (verdict: Verdict): number =>
    compared.filter(({ cells }) => verdictOf(cells[metric.key]!.difference) === verdict).length;
  const order = compared.toSorted(
    (a, b) => b.cells[metric.key]!.difference!.mean - a.cells[metric.key]!.difference!.mean,
  );
  return [
    `Of ${compared.length} settings, ${count('above')} beat ${against}, ${count('below')} fall behind it, and ${count('none')} show no difference beyond the seeds.`,
    `The highest of them, chosen with the test in view: ${sentence(order[0]!)}`,
    `The lowest: ${sentence(order.at(-1)!)}`,
  ];
}
