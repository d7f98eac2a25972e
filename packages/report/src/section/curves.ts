import type { EpochLog } from '@selfcure/core';
import { lineChart } from '../chart/line-chart.ts';
import type { Line } from '../chart/line-chart.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../report.ts';

/** What changed from epoch to epoch. */
export function curves({ run }: ReportInput): Html {
  const { epochs } = run.history;
  if (epochs.length === 0) {
    return html`<section>
      <h2>Course of the training</h2>
      <p>No epoch is finished.</p>
    </section>`;
  }
  const has = (name: string): boolean => epochs.some((log) => log[name] !== undefined);
  const line = (name: string, label: string, colour: number, dashed = false): Line[] =>
    has(name) ? [{ label, values: epochs.map((log: EpochLog) => log[name] ?? NaN), colour, dashed }] : [];
  const share = { range: [0, 1], percent: true } as const;
  return html`<section>
    <h2>Course of the training</h2>
    <div class="charts">
      ${lineChart(line('loss', 'training loss', 0), { title: 'Loss', range: [0, 0] })}
      ${lineChart([...line('accuracy', 'training pass, against current labels', 0), ...line('validation/accuracy', 'validation', 1), ...line('validation/balancedAccuracy', 'validation, balanced', 2, true)], { title: 'Accuracy', ...share })}
      ${has('noise') && lineChart(line('noise', 'wrong labels in the loss', 3), { title: 'Share of wrong labels', range: [0, 0], percent: true })}
      ${has('relabelled') && lineChart([...line('relabelled', 'relabelled', 0), ...line('dropped', 'left out', 1), ...line('restored', 'restored', 2, true)], { title: 'Label changes an epoch', range: [0, 1] })}
      ${has('edited') && lineChart([...line('edited', 'edited', 0), ...line('out', 'left out', 1)], { title: 'Standing changes', range: [0, 1] })}
      ${has('importance') && lineChart(line('importance', 'mean importance weight', 4), { title: 'Importance', range: [0, 1] })}
      ${has('term/rank') && lineChart(line('term/rank', 'mean of the term', 0), { title: 'Rank regularization', range: [0, 0] })}
      ${has('term/rank/active') && lineChart(line('term/rank/active', 'steps where the term is above 0', 1), { title: 'Rank regularization at work', ...share })}
      ${lineChart(line('learningRate', 'at the end of the epoch', 5), { title: 'Learning rate', range: [0, 0] })}
    </div>
  </section>`;
}
