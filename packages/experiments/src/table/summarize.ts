import { pairedDifference } from '@selfcure/core';
import type { PairedDifference } from '@selfcure/core';
import type { Result } from '../execute/job.ts';
import { spreadOfValues } from './spread.ts';

/** A figure as tables show it. */
export interface Metric {
  /** Name of the figure. */
  readonly key: string;
  readonly label: string;
  /** A share in [0, 1] that is shown in percent. */
  readonly percent?: boolean;
  /** Compared with the control, seed by seed. */
  readonly paired?: boolean;
  /** What it tells of; pages show one table a group. */
  readonly group?: 'quality' | 'labels' | 'detection' | 'cost';
}

/** One figure over the seeds of a row. */
export interface Cell {
  readonly mean: number;
  /** With n - 1; null for one seed. */
  readonly standardDeviation: number | null;
  /** To the control of the same seeds; null for the control itself, and where a seed is missing. */
  readonly difference: PairedDifference | null;
}

/** A row: runs that differ in their seed alone. */
export interface SummaryRow {
  readonly labels: Readonly<Record<string, string>>;
  readonly seeds: readonly number[];
  /** By metric; null where no run has the figure. */
  readonly cells: Readonly<Record<string, Cell | null>>;
}

/** A table of an experiment; plain data. */
export interface Summary {
  readonly title: string;
  /** Names of the labels, in order of the columns. */
  readonly labelNames: readonly string[];
  readonly metrics: readonly Metric[];
  /** Labels of the row that others are compared with. */
  readonly control: Readonly<Record<string, string>>;
  readonly rows: readonly SummaryRow[];
}

/**
 * Means, standard deviations and paired differences over seeds.
 *
 * @param control labels of the control row; it is looked for among the rows that share all other labels with a row.
 * @example summarizeResults({ title: 'Noise', results, metrics, control: { recipe: 'ce' } })
 */
export function summarizeResults({
  title,
  results,
  metrics,
  control,
}: {
  readonly title: string;
  readonly results: readonly Result[];
  readonly metrics: readonly Metric[];
  readonly control: Readonly<Record<string, string>>;
}): Summary {
  const labelNames = [...new Set(results.flatMap(({ labels }) => Object.keys(labels)))];
  const groups = new Map<string, Result[]>();
  for (const result of results) {
    const key = JSON.stringify(labelNames.map((name) => result.labels[name] ?? ''));
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  const valueOf = (result: Result | undefined, metric: string): number | null =>
    result?.outcome.figures[metric] ?? null;
  const rows = [...groups.values()].map((group): SummaryRow => {
    const { labels } = group[0]!;
    const isControl = Object.entries(control).every(([name, value]) => labels[name] === value);
    const wanted = { ...labels, ...control };
    const controls = isControl
      ? []
      : results.filter((one) => labelNames.every((name) => (one.labels[name] ?? '') === (wanted[name] ?? '')));
    const cells = metrics.map(({ key, paired }): [string, Cell | null] => {
      const values = group.flatMap((result) => valueOf(result, key) ?? []);
      const spread = spreadOfValues(values);
      if (!spread) return [key, null];
      const pairs = group.flatMap((result) => {
        const own = valueOf(result, key);
        const other = valueOf(
          controls.find((one) => one.spec.seed === result.spec.seed),
          key,
        );
        return own === null || other === null ? [] : [[own, other] as const];
      });
      return [
        key,
        {
          ...spread,
          difference:
            paired && pairs.length > 0 && pairs.length === group.length
              ? pairedDifference(
                  pairs.map(([own]) => own),
                  pairs.map(([, other]) => other),
                )
              : null,
        },
      ];
    });
    return { labels, seeds: group.map(({ spec }) => spec.seed), cells: Object.fromEntries(cells) };
  });
  return { title, labelNames, metrics, control, rows };
}
