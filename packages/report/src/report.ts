import type { Dataset, Evaluation, Run } from '@selfcure/core';
import type { Json } from '@selfcure/tensor';
import { confusionTable } from './chart/matrix.ts';
import { html } from './html.ts';
import { page } from './page.ts';
import { curves } from './section/curves.ts';
import { detection } from './section/detection.ts';
import { faces } from './section/faces.ts';
import { headline } from './section/headline.ts';
import { manifestSection } from './section/manifest.ts';
import { relabelling } from './section/relabelling.ts';

/** What {@link renderReport} shows. */
export interface ReportInput {
  readonly title: string;
  /** Options, seeds, versions, fingerprint: shown as a table. */
  readonly manifest: Json;
  /** For pictures, class names and truth. */
  readonly data: Dataset;
  readonly run: Pick<Run, 'history' | 'ledger' | 'rows' | 'warnings'>;
  /** On a test set, where there is one. */
  readonly evaluation?: Evaluation;
}

/**
 * A run as one HTML page that loads nothing: headline, warnings, curves, spread of the scores, what relabelling mended and
 * broke, confusion matrix, pictures, manifest.
 *
 * @example writeFileSync('report.html', await renderReport({ title, manifest, data, run, evaluation }));
 */
export async function renderReport(input: ReportInput): Promise<string> {
  const { title, data, evaluation, manifest } = input;
  return page(title, [
    html`<h1>${title}</h1><p class="note">${data.name}: ${data.size} images, ${data.classes.length} classes.</p>`,
    headline(input),
    curves(input),
    relabelling(input),
    detection(input),
    evaluation ? html`<section><h2>Confusion on the test set</h2>${confusionTable(evaluation.confusion, data.classes)}</section>` : html``,
    await faces(input),
    manifestSection(manifest),
  ]);
}
