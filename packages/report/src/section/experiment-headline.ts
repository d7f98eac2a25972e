import { html } from '../html.ts';
import type { Html } from '../html.ts';

/** A run that failed. */
export interface ExperimentFailure {
  readonly name: string;
  readonly message: string;
}

/** What the experiment says, what it lacks, and what its runs warned of. */
export function experimentHeadline({
  headline,
  notes,
  failures,
  warnings,
}: {
  readonly headline: readonly string[];
  readonly notes: readonly string[];
  readonly failures: readonly ExperimentFailure[];
  readonly warnings: readonly { readonly message: string; readonly runs: number }[];
}): Html {
  const item = (text: string): Html => html`<li>${text}</li>`;
  return html`<section class="headline">
      <h2>What came out</h2>
      ${
        headline.length > 0
          ? html`<ul>
              ${headline.map(item)}
            </ul>`
          : html`<p>There is nothing to compare yet.</p>`
      }
    </section>
    ${
      (notes.length > 0 || failures.length > 0) &&
      html`<section class="warnings">
        <h2>What is missing</h2>
        <ul>
          ${notes.map(item)}${failures.map(({ name, message }) => html`<li><b>${name}</b> failed: ${message}</li>`)}
        </ul>
      </section>`
    }
    ${
      warnings.length > 0 &&
      html`<section class="warnings">
        <h2>Warnings of the runs</h2>
        <ul>
          ${warnings.map(({ message, runs }) => html`<li>${message} (${runs} ${runs === 1 ? 'run' : 'runs'})</li>`)}
        </ul>
      </section>`
    }`;
}
