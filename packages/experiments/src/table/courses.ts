import type { Plot } from '../design/experiment.ts';
import type { Result } from '../execute/job.ts';
import { groupsOf } from './groups.ts';
import { rowName } from './row-name.ts';
import { spreadOfValues } from './spread.ts';
import type { Summary, SummaryRow } from './summarize.ts';

/** Lines that one chart can hold and a reader can tell apart. */
const MOST = 8;

const figures = [
  { key: 'validation/accuracy', title: 'Validation accuracy', percent: true },
  { key: 'noise', title: 'Wrong labels in the loss', percent: true },
  { key: 'loss', title: 'Training loss', percent: false },
] as const;

/**
 * What the rows of a table did over the epochs: means over seeds with their standard deviation, one plot for every figure and control. Of more than eight
 * rows, those of the control and of the highest and lowest accuracies.
 */
export function courses(summary: Summary, results: readonly Result[]): readonly Plot[] {
  const { groups, within } = groupsOf(summary);
  return groups.flatMap(({ labels, control, rows }): Plot[] => {
    const shown = [...(control ? [control] : []), ...someOf(rows, MOST - (control ? 1 : 0))];
    const place = rowName(labels, Object.keys(labels));
    return figures.flatMap(({ key, title, percent }): Plot[] => {
      // A row without the figure keeps its place, so that rows have the same colour in every plot.
      const series = shown.map((row) => ({
        label: rowName(row.labels, within),
        points: course(row, results, summary.labelNames, key),
      }));
      if (series.every(({ points }) => points.length === 0)) return [];
      const part = shown.length < rows.length + (control ? 1 : 0) ? ', of the control, the highest and the lowest' : '';
      return [
        {
          title: `${title}${Object.keys(labels).length > 0 ? `, ${place}` : ''}${part}`,
          kind: 'course',
          x: 'epoch',
          y: title.toLowerCase(),
          percent,
          series,
        },
      ];
    });
  });
}

/** All rows, or as many of the highest and of the lowest accuracies. */
function someOf(rows: readonly SummaryRow[], most: number): readonly SummaryRow[] {
  if (rows.length <= most) return rows;
  const order = rows.toSorted((a, b) => (b.cells['accuracy']?.mean ?? 0) - (a.cells['accuracy']?.mean ?? 0));
  return [...order.slice(0, Math.ceil(most / 2)), ...order.slice(-Math.floor(most / 2))];
}

function course(
  row: SummaryRow,
  results: readonly Result[],
  labelNames: readonly string[],
  key: string,
): Plot['series'][number]['points'] {
  const curves = results
    .filter(({ labels }) => labelNames.every((name) => (labels[name] ?? '') === (row.labels[name] ?? '')))
    .flatMap(({ outcome }) => (outcome.curves[key] ? [outcome.curves[key]] : []));
  const length = Math.max(0, ...curves.map((curve) => curve.length));
  return Array.from({ length }, (_, i) => {
    const values = curves.flatMap((curve) => curve[i] ?? []);
    return { x: i + 1, ...spreadOfValues(values)! };
  });
}
