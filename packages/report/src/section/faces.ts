import type { LabelChange } from '@selfcure/core';
import { decimal, html } from '../html.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../report.ts';
import { gallery } from './gallery.ts';
import type { Picture } from './gallery.ts';

const shown = 18;

/** Pictures: most and least weighted, most suspicious, relabelled, left out. */
export async function faces({ run, data }: ReportInput): Promise<Html> {
  const { rows, ledger } = run;
  const { truth, classes } = data;
  const name = (label: number): string => classes[label] ?? String(label);
  const seen = [...rows.samples].filter((i) => rows.passes[i]! > 0);
  const given = (i: number): Html => html`${name(ledger.given[i]!)}${truth && truth[i]! >= 0 && truth[i] !== ledger.given[i] ? html`<br><span class="wrong">really ${name(truth[i]!)}</span>` : ''}`;
  const by = (values: ArrayLike<number>, sign: 1 | -1): number[] => [...seen].sort((a, b) => sign * (values[a]! - values[b]!) || a - b).slice(0, shown);
  const { importance } = rows;
  const weight = importance ?? rows.meanGivenProbability;
  const word = importance ? 'weight' : 'trusted';
  const picture = (values: ArrayLike<number>, symbol: string) => (sample: number): Picture => ({ sample, caption: html`${given(sample)}<br>${symbol} ${decimal(values[sample], 2)}` });

  const standing = new Map<number, LabelChange>();
  for (const change of ledger.changes()) {
    if (ledger.dropped[change.sample] || ledger.current[change.sample] !== ledger.given[change.sample]) standing.set(change.sample, change);
    else standing.delete(change.sample);
  }
  const strongest = [...standing.values()].filter(({ sample }) => ledger.dropped[sample] === 1 || ledger.current[sample] !== ledger.given[sample]).sort((a, b) => b.score - a.score);
  const evidence = (change: LabelChange): Html =>
    html`<br>P(given) ${decimal(change.pGiven, 2)}, P(max) ${decimal(change.pMax, 2)}${change.importance !== null && html`<br>importance ${decimal(change.importance, 2)}`}<br>epoch ${change.epoch}, ${change.strategy}<br>${change.reason}`;
  const verdict = (sample: number): Pick<Picture, 'mark'> => {
    if (!truth || truth[sample]! < 0) return {};
    const good = ledger.dropped[sample] ? ledger.given[sample] !== truth[sample] : ledger.current[sample] === truth[sample];
    return { mark: good ? 'good' : 'bad' };
  };
  const edits = strongest.filter(({ sample }) => !ledger.dropped[sample]);
  const drops = strongest.filter(({ sample }) => ledger.dropped[sample]);
  return html`<section><h2>Pictures</h2>
${await gallery(data, `Least ${word}`, importance ? 'The lowest importance weights.' : 'The lowest probabilities of the given label, averaged over epochs.', by(weight, 1).map(picture(weight, importance ? 'weight' : 'P(given)')))}
${await gallery(data, `Most ${word}`, importance ? 'The highest importance weights.' : 'The highest probabilities of the given label.', by(weight, -1).map(picture(weight, importance ? 'weight' : 'P(given)')))}
${importance && (await gallery(data, 'Most suspicious labels', 'The lowest probabilities of the given label, averaged over epochs: the list to review first.', by(rows.meanGivenProbability, 1).map(picture(rows.meanGivenProbability, 'P(given)'))))}
${await gallery(data, 'Relabelled', `The strongest of ${edits.length} standing edits, with their evidence.${truth ? ' Green: the new label is the true one; red: it is not.' : ''}`, edits.slice(0, shown).map((change) => ({ sample: change.sample, caption: html`${name(ledger.given[change.sample]!)} → <b>${name(ledger.current[change.sample]!)}</b>${evidence(change)}`, ...verdict(change.sample) })))}
${await gallery(data, 'Left out', `The strongest of ${drops.length} labels that do not train at present.${truth ? ' Green: the given label is wrong; red: it is right.' : ''}`, drops.slice(0, shown).map((change) => ({ sample: change.sample, caption: html`${given(change.sample)}${evidence(change)}`, ...verdict(change.sample) })))}
</section>`;
}
