import { noiseDetection, suspicionScores } from '@selfcure/core';
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
  const known = truth ? [...rows.samples].filter((sample) => truth[sample]! >= 0) : [];
  const wrong = known.filter((sample) => rows.given[sample] !== truth![sample]);
  const right = known.filter((sample) => rows.given[sample] === truth![sample]);
  const spread = (title: string, across: string, values: Float32Array): Html =>
    histogram(
      wrong.length > 0
        ? [
            { label: 'right labels', values: right.map((i) => values[i]!), colour: 1 },
            { label: 'wrong labels', values: wrong.map((i) => values[i]!), colour: 3 },
          ]
        : [{ label: 'labels', values: [...values], colour: 0 }],
      { title, across },
    );
  const scores = wrong.length > 0 && right.length > 0 ? noiseDetection(rows, truth!) : null;
  return html`<section><h2>Which labels look wrong</h2><div class="charts">
${rows.importance && spread('Importance weights', 'importance weight', rows.importance)}
${spread('Probability of the given label', 'P(given), mean over epochs', rows.meanGivenProbability)}
</div>
${scores && table(
    ['score', 'AUROC', 'average precision'],
    Object.keys(suspicionScores(rows)).map((key) => [names[key] ?? key, decimal(scores[key]!.auroc), decimal(scores[key]!.averagePrecision)]),
    [1, 2],
  )}
<p class="note">${scores && `${percent(wrong.length / known.length)} of the ${known.length} labels whose truth is known are wrong; a score without information has AUROC 0.5 and that share as average precision. `}The importance weight scales a sample's logits: it is a temperature, so it changes confidence and not predictions. It marks regions of doubt; wrong labels are found by P(given).</p></section>`;
}
