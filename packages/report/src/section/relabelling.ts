import { relabelQuality } from '@selfcure/core';
import type { LabelLedger, RelabelQuality } from '@selfcure/core';
import { html, percent, table } from '../html.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../report.ts';

/** Quality of what a ledger did, where truth is known. */
export function qualityOf({ given, current, dropped }: LabelLedger, truth?: Int32Array): RelabelQuality | null {
  if (!truth || !truth.some((label) => label >= 0)) return null;
  return relabelQuality({ given, current, truth, dropped });
}

/** What relabelling mended and what it broke. */
export function relabelling({ run, data }: ReportInput): Html {
  const quality = qualityOf(run.ledger, data.truth);
  if (!quality) return html``;
  return html`<section><h2>What relabelling did</h2>${table(
    ['', '', ''],
    [
      ['edits', quality.edits, 'standing at the end'],
      ['wrong labels mended', `${quality.mended} (${percent(quality.recall)})`, 'of all wrong labels: recall'],
      ['edits that are right', percent(quality.precision), 'of all edits: precision'],
      ['right labels broken', `${quality.broken} (${percent(quality.harm)})`, 'of all right labels: harm'],
      ['left out of the loss', `${quality.dropped}`, `of which wrong: ${percent(quality.droppedWrongShare)}`],
      ['share of wrong labels', `${percent(quality.noiseBefore)} → ${percent(quality.noiseAfter)}`, 'before and after, left-out labels included'],
    ],
    [1],
  )}</section>`;
}
