import type { Json } from '@selfcure/tensor';
import type { ExperimentPlot } from './chart/experiment-chart.ts';
import { experimentStyle } from './experiment-style.ts';
import { html } from './html.ts';
import { page } from './page.ts';
import { differencesSection } from './section/experiment-differences.ts';
import { experimentHeadline } from './section/experiment-headline.ts';
import type { ExperimentFailure } from './section/experiment-headline.ts';
import { plotsSection } from './section/experiment-plots.ts';
import { experimentTable } from './section/experiment-table.ts';
import type { ExperimentTable } from './section/experiment-table.ts';
import { manifestSection } from './section/manifest.ts';

/**
 * What {@link renderExperiment} shows; plain data, of which `@selfcure/experiments` gives tables, plots and sentences.
 *
 * @example
 * const input: ExperimentInput = {
 *   title: 'Recipes on the same data',
 *   description: experiment.description,
 *   facts: [['data', '1500 procedural faces of 24 x 24']],
 *   headline: experiment.summarize(results).flatMap((table) => headlines(table)),
 *   tables: experiment.summarize(results),
 *   plots: experiment.plots?.(results) ?? [],
 * };
 */
export interface ExperimentInput {
  readonly title: string;
  /** What is asked and how it is answered. */
  readonly description: string;
  /** What was done: names and values. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** What came out, with its uncertainty, in sentences. */
  readonly headline: readonly string[];
  readonly tables: readonly ExperimentTable[];
  readonly plots: readonly ExperimentPlot[];
  /** Values over epochs. Default: none. */
  readonly courses?: readonly ExperimentPlot[];
  /** What a reader must know before believing it, such as runs that are not done. Default: none. */
  readonly notes?: readonly string[];
  readonly failures?: readonly ExperimentFailure[];
  /** Warnings of the runs, with the number of runs that gave them. Default: none. */
  readonly warnings?: readonly { readonly message: string; readonly runs: number }[];
  /** Command that does it again. Default: none is shown. */
  readonly command?: string;
  /** Settings, versions, machine: shown as a table of paths and values. Default: none. */
  readonly manifest?: Json;
}

/**
 * An experiment as one HTML page that loads nothing and runs no script: what came out in sentences with their uncertainty, what was done, plots with
 * error bars, paired differences, tables, courses over the epochs, warnings, manifest. All text is escaped.
 *
 * @example
 * const tables = experiment.summarize(results);
 * const facts = [['data', '1500 procedural faces of 24 x 24']] as const;
 * const { name: title, description } = experiment;
 * writeFileSync('report.html', renderExperiment({ title, description, facts, headline: [], tables, plots: [] }));
 */
export function renderExperiment(input: ExperimentInput): string {
  const { title, description, facts, tables, plots, courses = [], notes = [], failures = [], warnings = [] } = input;
  return page(
    title,
    [
      html`<h1>${title}</h1>
        <p>${description}</p>`,
      experimentHeadline({ headline: input.headline, notes, failures, warnings }),
      html`<section>
        <h2>What was done</h2>
        <dl class="facts">
          ${facts.map(
            ([name, value]) =>
              html`<dt>${name}</dt>
                <dd>${value}</dd>`,
          )}
        </dl>
      </section>`,
      plotsSection('Plots', 'Means over seeds; bars reach one standard deviation up and down.', plots),
      differencesSection(tables),
      tables.map(experimentTable),
      plotsSection(
        'Over the epochs',
        'Means over seeds; bands reach one standard deviation up and down. Validation labels are right ones.',
        courses,
      ),
      input.command !== undefined &&
        html`<section>
          <h2>Do it again</h2>
          <pre>${input.command}</pre>
        </section>`,
      input.manifest !== undefined && manifestSection(input.manifest),
    ],
    { style: experimentStyle },
  );
}
