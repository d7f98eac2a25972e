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

/**
 * What {@link renderReport} shows.
 *
 * @example const input: ReportInput = { title: 'SCN on my faces', manifest: { recipe: recipe.options, seed: 0 }, data, run };
 */
export interface ReportInput {
  readonly title: string;
  /** Options, seeds, versions, fingerprint: shown as a table of paths and values. */
  readonly manifest: Json;
  /** The training data of the run: pictures, class names and truth, where it is known. */
  readonly data: Dataset;
  /** What `train` gave back. */
  readonly run: Pick<Run, 'history' | 'ledger' | 'rows' | 'warnings'>;
  /** On a test set of the same classes. Default: no test figures, no confusion matrix. */
  readonly evaluation?: Evaluation;
}

/**
 * A run as one HTML page that loads nothing and runs no script: headline, warnings, curves, what relabelling mended and broke,
 * how well the scores find wrong labels, confusion matrix, pictures (16 a gallery, up to 96 pixels a side, as PNG inside the
 * page), manifest. What needs true labels is left out where none is known. All text is escaped.
 *
 * @throws whatever `data.read` throws; the page needs the pixels of some samples.
 * @example writeFileSync('report.html', await renderReport({ title, manifest, data, run, evaluation }));
 */
export async function renderReport(input: ReportInput): Promise<string> {
  const { title, data, evaluation, manifest } = input;
  return page(title, [
    html`<h1>${title}</h1>
      <p class="note">${data.name}: ${data.size} training images, ${data.classes.length} classes.</p>`,
    headline(input),
    curves(input),
    relabelling(input),
    detection(input),
    evaluation &&
      html`<section>
        <h2>Confusion on the test set</h2>
        ${confusionTable(evaluation.confusion, data.classes)}
      </section>`,
    await faces(input),
    manifestSection(manifest),
  ]);
}
