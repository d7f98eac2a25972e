import { html, percent } from '../html.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../report.ts';
import { qualityOf } from './relabelling.ts';

/** The figures that a reader looks for first, and what the run warned of. */
export function headline({ run, evaluation, data }: ReportInput): Html {
  const last = run.history.last();
  const quality = qualityOf(run.ledger, data.truth);
  const edited = run.ledger.current.reduce((sum, label, i) => sum + (label !== run.ledger.given[i] && !run.ledger.verified[i] ? 1 : 0), 0);
  const dropped = run.ledger.dropped.reduce((sum, one) => sum + one, 0);
  const tiles: [label: string, value: string][] = [
    ...(evaluation ? [['test accuracy', percent(evaluation.accuracy)], ['balanced accuracy', percent(evaluation.balancedAccuracy)], ['calibration error', percent(evaluation.calibrationError)]] as [string, string][] : []),
    ['epochs', String(run.history.epochs.length)],
    ['training accuracy', percent(last?.accuracy)],
    ['labels edited', String(edited)],
    ['labels left out', String(dropped)],
    ...(quality ? [['wrong labels', `${percent(quality.noiseBefore)} → ${percent(quality.noiseAfter)}`]] as [string, string][] : []),
  ];
  return html`<section class="tiles">${tiles.map(([label, value]) => html`<div class="tile"><b>${value}</b><span>${label}</span></div>`)}</section>
${run.warnings.length > 0 && html`<section class="warnings" role="alert"><h2>Warnings</h2><ul>${run.warnings.map((warning) => html`<li>Epoch ${warning.epoch}: ${warning.message}</li>`)}</ul></section>`}`;
}
