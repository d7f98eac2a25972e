import type { EpochLog } from '@selfcure/core';
import type { RunFacts } from '../protocol.ts';
import { createChart } from './chart.ts';
import type { Chart } from './chart.ts';
import { decimal, percent } from './format.ts';

/** Curves of a run over its epochs. */
export interface Curves {
  update(history: readonly EpochLog[]): void;
  close(): void;
}

/** A line: a value of the epoch log. */
interface Line {
  readonly key: string;
  readonly label: string;
  readonly colour: string;
}

interface Group {
  readonly title: string;
  readonly percent?: boolean;
  readonly counts?: boolean;
  readonly lines: readonly Line[];
}

/** What is drawn of a run; shares of wrong labels and accuracies on clean faces only where truth is known. */
const groups = ({ truth }: RunFacts): readonly Group[] => [
  { title: 'Loss', lines: [{ key: 'loss', label: 'loss', colour: 'blue' }] },
  {
    title: 'Accuracy and wrong labels',
    percent: true,
    lines: [
      { key: 'accuracy', label: 'agreement with the labels', colour: 'blue' },
      ...(truth
        ? [
            { key: 'validation/accuracy', label: 'accuracy on clean faces', colour: 'green' },
            { key: 'noise', label: 'wrong labels in training', colour: 'red' },
          ]
        : []),
    ],
  },
  {
    title: 'Labels changed by the run',
    counts: true,
    lines: [
      { key: 'edited', label: 'relabelled', colour: 'purple' },
      { key: 'out', label: 'left out', colour: 'amber' },
    ],
  },
];

/** Charts for a run, added to an element. */
export function createCurves(into: Element, facts: RunFacts): Curves {
  const charts = groups(facts).map((group): [Group, Chart] => [
    group,
    createChart({
      title: group.title,
      across: 'epoch',
      whole: true,
      percent: group.percent ?? false,
      counts: group.counts ?? false,
      series: group.lines,
    }),
  ]);
  into.append(...charts.map(([, { element }]) => element));
  return {
    update: (history) => {
      const epochs = history.map(({ epoch }) => epoch);
      for (const [group, chart] of charts) {
        const values = group.lines.map(({ key }) =>
          history.map((log) => {
            const value = log[key];
            return value === undefined || Number.isNaN(value) ? null : value;
          }),
        );
        chart.update(
          epochs,
          values,
          values.map((line) => {
            const last = line.at(-1);
            if (group.percent) return percent(last);
            return decimal(last, group.counts ? 0 : 3);
          }),
        );
      }
    },
    close: () => {
      for (const [, chart] of charts) chart.close();
    },
  };
}
