import { relabelQuality } from '@selfcure/core';
import type { LabelLedger, RelabelQuality } from '@selfcure/core';
import { html, percent, table } from '../html.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../report.ts';

/** Quality of what a ledger did to labels that no person has verified; null where no true label is known. */
export function qualityOf(
  { given, current, dropped, verified }: LabelLedger,
  truth?: Int32Array,
): RelabelQuality | null {
  if (!truth || !truth.some((label) => label >= 0)) return null;
  return relabelQuality({ given, current, truth, dropped, verified });
}

/** What relabelling mended and what it broke. */
export function relabelling({ run, data }: ReportInput): Html {
  const quality = qualityOf(run.ledger, data.truth);
  if (!quality) return html``;
  if (quality.edits === 0 && quality.dropped === 0) {
    return html`<section>
      <h2>What relabelling did</h2>
      <p>
        No label of known truth is edited or left out at the end; ${percent(quality.noiseBefore)} of these labels are
        wrong.
      </p>
    </section>`;
  }
  return html`<section>
    <h2>What relabelling did</h2>
    ${table(
      ['at the end', 'labels', 'share', 'of'],
      [
        ['edited', quality.edits, percent(quality.edits / quality.samples), 'all labels of known truth'],
        ['edited to the true label', quality.mended, percent(quality.precision), 'edits: precision'],
        ['wrong labels mended', quality.mended, percent(quality.recall), 'wrong labels: recall'],
        ['right labels broken', quality.broken, percent(quality.harm), 'right labels: harm'],
        [
          'left out of the loss',
          quality.dropped,
          percent(quality.dropped / quality.samples),
          'all labels of known truth',
        ],
        ['left out and wrong', leftOutWrong(quality), percent(quality.droppedWrongShare), 'left-out labels'],
      ],
      [1, 2],
    )}
    <p class="note">
      Wrong labels, left-out ones included: ${percent(quality.noiseBefore)} before, ${percent(quality.noiseAfter)}
      after.
    </p>
  </section>`;
}

const leftOutWrong = ({ dropped, droppedWrongShare }: RelabelQuality): number =>
  Math.round(dropped * (droppedWrongShare ?? 0));
