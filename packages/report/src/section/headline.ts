import { html, percent } from '../html.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../report.ts';
import { qualityOf } from './relabelling.ts';

type Tile = readonly [label: string, value: string];

/** The figures that a reader looks for first, and what the run warned of. */
export function headline({ run, evaluation, data }: ReportInput): Html {
  const { given, current, dropped } = run.ledger;
  const quality = qualityOf(run.ledger, data.truth);
  const edited = current.reduce((sum, label, i) => sum + (label === given[i] ? 0 : 1), 0);
  const out = dropped.reduce((sum, one) => sum + one, 0);
  const tested: Tile[] = evaluation
    ? [
        ['test accuracy', percent(evaluation.accuracy)],
        ['balanced accuracy', percent(evaluation.balancedAccuracy)],
        ['calibration error', percent(evaluation.calibrationError)],
      ]
    : [];
  const tiles: Tile[] = [
    ...tested,
    ['epochs', String(run.history.epochs.length)],
    ['training accuracy', percent(run.history.last()?.accuracy)],
    ['labels edited', String(edited)],
    ['labels left out', String(out)],
  ];
  if (quality) tiles.push(['wrong labels', `${percent(quality.noiseBefore)} → ${percent(quality.noiseAfter)}`]);
  return html`<section class="tiles">
      ${tiles.map(([label, value]) => html`<div class="tile"><b>${value}</b><span>${label}</span></div>`)}
    </section>
    ${
      run.warnings.length > 0 &&
      html`<section class="warnings">
        <h2>Warnings</h2>
        <ul>
          ${run.warnings.map(({ epoch, message }) => html`<li>Epoch ${epoch}: ${message}</li>`)}
        </ul>
      </section>`
    }`;
}
