import { histogram } from '../chart/histogram.ts';
import { decimal, html, percent, table } from '../html.ts';
import type { Html } from '../html.ts';
import type { AuditFacts, CountWithInterval, ShareWithInterval } from './facts.ts';

const interval = ({ low, high }: ShareWithInterval): string => `${percent(low)} to ${percent(high)}`;
const counted = (one: CountWithInterval): string =>
  `${percent(one.of > 0 ? one.count / one.of : null)} (${one.count} of ${one.of}; 95 %: ${interval(one)})`;

/** What was found, in a few sentences, each with its uncertainty. */
export function auditHeadline({ noise, list, evidence, warnings, quality, given }: AuditFacts): Html {
  const { check } = list;
  return html`<p>
      <b>About ${percent(noise.share)} of ${given.length} labels are wrong</b> (95 %: ${interval(noise)}), by
      ${noise.basis}.
    </p>
    <p>
      ${
        list.count === 0
          ? html`<b>No list keeps a false-discovery rate of ${percent(list.rate)}.</b>`
          : html`<b>${list.count} labels are suspected</b>: of these, at most ${percent(list.rate)} should be right
              after all.`
      }
      How far to believe that rate: ${list.basis}.
      ${
        check &&
        check.of > 0 &&
        html`Of the verified labels that the list would hold, judged without looking at them, ${counted(check)} are
        right.`
      }
      ${
        quality &&
        quality.falseDiscoveries.of > 0 &&
        html`The truth of ${quality.samples} labels is known: ${counted(quality.falseDiscoveries)} of the list are
        right, and ${counted(quality.suggestions)} of the suggestions for wrong labels hit the true class.`
      }
    </p>
    <p class="note">Judged by ${evidence.source}.</p>
    ${
      warnings.length > 0 &&
      html`<section class="warnings">
        <h2>Warnings</h2>
        <ul>
          ${warnings.map(({ message }) => html`<li>${message}</li>`)}
        </ul>
      </section>`
    }`;
}

/** The transition matrix with its standard errors. */
export function transitionSection(
  { transition: { matrix, standardError, basis } }: AuditFacts,
  classes: readonly string[],
): Html {
  return html`<section>
    <h2>Which classes are taken for which</h2>
    <div class="scroll">
      <table class="transition">
        <caption>
          Rows: true class. Columns: given label. Probability in percent, and its standard error below.
        </caption>
        <thead>
          <tr>
            <td></td>
            ${classes.map((name) => html`<th scope="col" class="number">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${matrix.map(
            (row, c) =>
              html`<tr>
                <th scope="row">${classes[c]}</th>
                ${row.map(
                  (value, k) =>
                    html`<td class="${c === k ? 'hit' : 'miss'}" style="${`--share:${value.toFixed(3)}`}">
                      ${(100 * value).toFixed(1)}<small>± ${(100 * standardError[c]![k]!).toFixed(1)}</small>
                    </td>`,
                )}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
    <p class="note">It rests on ${basis}.</p>
  </section>`;
}

const scoreNames: Readonly<Record<string, string>> = {
  posterior: 'posterior (the default)',
  givenProbability: '1 - P(given)',
  margin: 'lead of the best other class',
  loss: 'loss',
  importance: 'importance weight',
  foldDisagreement: 'disagreement of the folds',
};

/** How suspicion is spread, and where truth is known how well each score finds wrong labels. */
export function scoreSection({ suspicion, order, quality, given }: AuditFacts, truth?: ArrayLike<number>): Html {
  const ranked = Array.from(order);
  const valuesOf = (samples: readonly number[]): number[] => samples.map((sample) => suspicion[sample]!);
  const known = quality && truth ? ranked.filter((sample) => truth[sample]! >= 0) : [];
  const groups =
    known.length > 0
      ? [
          { label: 'right labels', values: valuesOf(known.filter((i) => given[i] === truth![i])), colour: 0 },
          { label: 'wrong labels', values: valuesOf(known.filter((i) => given[i] !== truth![i])), colour: 3 },
        ]
      : [{ label: 'labels', values: valuesOf(ranked), colour: 0 }];
  return html`<section>
    <h2>How suspicion is spread</h2>
    <div class="charts">
      ${histogram(groups, { title: 'Probability of being wrong', across: 'probability of being wrong' })}
    </div>
    ${
      quality &&
      html`${table(
          ['score', 'AUROC', 'average precision', 'precision of the first tenth'],
          Object.entries(quality.scores).map(([name, figures]) => [
            scoreNames[name] ?? name,
            decimal(figures.auroc),
            decimal(figures.averagePrecision),
            percent(figures.precision),
          ]),
          [1, 2, 3],
        )}
        <p class="note">
          Over ${quality.samples} labels whose truth is known and which nobody has verified, ${percent(quality.noise)}
          of them wrong: the average precision of a score that knows nothing.
        </p>`
    }
  </section>`;
}

/** Images that look alike and have different labels. */
export function conflictSection(
  { conflicts }: AuditFacts,
  classes: readonly string[],
  nameOf: (sample: number) => string,
): Html {
  if (conflicts.length === 0) return html``;
  const shown = conflicts.slice(0, 200);
  return html`<section>
    <details>
      <summary><h2>Images that look alike and have different labels</h2></summary>
      ${table(
        ['samples', 'labels', ''],
        shown.map(({ samples, labels, identical }) => [
          samples.map(nameOf).join(', '),
          labels.map((label) => classes[label]!).join(', '),
          identical ? 'copies' : 'alike',
        ]),
      )}
      ${conflicts.length > shown.length && html`<p class="note">The first ${shown.length} of ${conflicts.length}.</p>`}
    </details>
  </section>`;
}
