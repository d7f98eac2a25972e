import { noiseDetection } from '@selfcure/core';
import { histogram } from '../chart/histogram.ts';
import { decimal, html, percent, table } from '../html.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../report.ts';

const names: Readonly<Record<string, string>> = {
  meanGivenProbability: 'P(given), mean over epochs',
  givenProbability: 'P(given), last epoch',
  loss: 'loss',
  importance: 'importance weight',
};

/** How well each score tells wrong labels from right ones, where truth is known; else only how the scores are spread. */
export function detection({ run, data }: ReportInput): Html {
  const { rows } = run;
  const { truth } = data;
  const seen = [...rows.samples].filter((sample) => rows.passes[sample]! > 0);
  if (seen.length === 0) return html``;
  const known = truth ? seen.filter((sample) => truth[sample]! >= 0) : [];
  const wrong = known.filter((sample) => rows.given[sample] !== truth![sample]);
  const right = known.filter((sample) => rows.given[sample] === truth![sample]);
  const spread = (title: string, across: string, values: Float32Array): Html => {
    const group = (label: string, samples: readonly number[], colour: number) =>
      samples.length > 0 ? [{ label, values: samples.map((i) => values[i]!), colour }] : [];
    const groups =
      wrong.length > 0
        ? [...group('right labels', right, 0), ...group('wrong labels', wrong, 3)]
        : group('labels', seen, 0);
    return histogram(groups, { title, across });
  };
  const scores = wrong.length > 0 && right.length > 0 ? noiseDetection(rows, truth!) : null;
  return html`<section>
    <h2>Which labels look wrong</h2>
    <div class="charts">
      ${rows.importance && spread('Importance weights', 'importance weight', rows.importance)}
      ${spread('Probability of the given label', 'P(given), mean over epochs', rows.meanGivenProbability)}
    </div>
    ${wrong.length > 0 && html`<p class="note">Bars: shares of the right and of the wrong labels, each summing to 100 %.</p>`}
    ${
      scores &&
      table(
        ['score', 'AUROC', 'average precision'],
        Object.entries(scores).map(([key, { auroc, averagePrecision }]) => [
          names[key] ?? key,
          decimal(auroc),
          decimal(averagePrecision),
        ]),
        [1, 2],
      )
    }
    <p class="note">
      ${scores && `${percent(wrong.length / known.length)} of the ${known.length} labels whose truth is known are wrong; a score without information has AUROC 0.5 and that share as average precision. `}${rows.importance && 'The importance weight scales the logits of a sample: it is a temperature, so it changes confidence and not predictions. It marks regions of doubt. '}Wrong
      labels are found by P(given), the probability of the given label.
    </p>
  </section>`;
}
