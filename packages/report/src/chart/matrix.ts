import { html, percent } from '../html.ts';
import type { Html } from '../html.ts';

/** A confusion matrix as a table: counts, coloured by their share of the row, with the recall of every class. */
export function confusionTable(confusion: ArrayLike<number>, classes: readonly string[]): Html {
  const n = classes.length;
  const row = (truth: number): number[] =>
    Array.from({ length: n }, (_, predicted) => confusion[truth * n + predicted]!);
  const total = (truth: number): number => row(truth).reduce((sum, count) => sum + count, 0);
  return html`<div class="scroll">
    <table class="matrix">
      <caption>
        Rows: true class. Columns: predicted class. Deeper colour: larger share of the row; green: right, red: wrong.
      </caption>
      <thead>
        <tr>
          <td></td>
          ${classes.map((name) => html`<th scope="col" class="number">${name}</th>`)}
          <th scope="col" class="number">recall</th>
        </tr>
      </thead>
      <tbody>
        ${classes.map(
          (name, truth) =>
            html`<tr>
              <th scope="row">${name}</th>
              ${row(truth).map((count, predicted) => {
                const share = total(truth) ? count / total(truth) : 0;
                return html`<td
                  class="${predicted === truth ? 'hit' : 'miss'}"
                  style="--share:${share.toFixed(3)}"
                  title="${`${name} as ${classes[predicted]}: ${percent(share)}`}"
                >
                  ${count}
                </td>`;
              })}
              <td class="number">${percent(total(truth) ? row(truth)[truth]! / total(truth) : null)}</td>
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}
