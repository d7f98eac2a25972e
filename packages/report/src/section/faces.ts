import type { LabelChange } from '@selfcure/core';
import { decimal, html } from '../html.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../report.ts';
import { gallery } from './gallery.ts';
import type { Gallery, Picture } from './gallery.ts';

/** Pictures a gallery: two rows of a wide page. */
const shown = 16;

/** Pictures: least and most weighted, most suspicious, relabelled, left out. */
export async function faces(input: ReportInput): Promise<Html> {
  const galleries: Html[] = [];
  for (const one of [...extremes(input), ...changes(input)]) galleries.push(await gallery(input.data, one));
  return galleries.some(({ html: text }) => text !== '')
    ? html`<section>
        <h2>Pictures</h2>
        ${galleries}
      </section>`
    : html``;
}

/** Name of a class, and the true label of a sample where it is known. */
function labels({ data: { classes, truth } }: ReportInput) {
  const name = (label: number): string => classes[label] ?? String(label);
  const known = (sample: number): number | null => (truth && truth[sample]! >= 0 ? truth[sample]! : null);
  /** What the sample really is, where a label misses it. */
  const really = (sample: number, label: number): Html => {
    const true_ = known(sample);
    return true_ === null || true_ === label ? html`` : html`<br /><span class="wrong">really ${name(true_)}</span>`;
  };
  return { name, known, really };
}

/** Ends of the scores. */
function extremes(input: ReportInput): Gallery[] {
  const { rows, ledger } = input.run;
  const { name, really } = labels(input);
  const seen = [...rows.samples].filter((sample) => rows.passes[sample]! > 0);
  const end = (values: Float32Array, sign: 1 | -1, symbol: string): Picture[] =>
    [...seen]
      .sort((a, b) => sign * (values[a]! - values[b]!) || a - b)
      .slice(0, shown)
      .map((sample) => {
        const label = ledger.given[sample]!;
        return {
          sample,
          caption: html`${name(label)}${really(sample, label)}<br />${symbol} ${decimal(values[sample], 2)}`,
        };
      });
  const { importance, meanGivenProbability: trust } = rows;
  const weights: Gallery[] = importance
    ? [
        {
          title: 'Lowest importance',
          note: 'The smallest weights: regions of doubt, not always wrong labels.',
          pictures: end(importance, 1, 'weight'),
        },
        {
          title: 'Highest importance',
          note: 'The largest weights: what the network is surest of.',
          pictures: end(importance, -1, 'weight'),
        },
      ]
    : [
        {
          title: 'Most trusted labels',
          note: 'The highest probabilities of the given label, averaged over epochs.',
          pictures: end(trust, -1, 'P(given)'),
        },
      ];
  return [
    ...weights,
    {
      title: 'Most suspicious labels',
      note: 'The lowest probabilities of the given label, averaged over epochs: the list to review first.',
      pictures: end(trust, 1, 'P(given)'),
    },
  ];
}

/** Standing edits and labels left out, the strongest evidence first. */
function changes(input: ReportInput): Gallery[] {
  const { ledger } = input.run;
  const { name, known, really } = labels(input);
  const last = new Map<number, LabelChange>(ledger.changes().map((change) => [change.sample, change]));
  const strongest = [...last.values()].sort((a, b) => b.score - a.score || a.sample - b.sample);
  const out = strongest.filter(({ sample }) => ledger.dropped[sample]);
  const edited = strongest.filter(
    ({ sample }) => !ledger.dropped[sample] && ledger.current[sample] !== ledger.given[sample],
  );

  const evidence = ({ pGiven, pMax, importance, epoch, strategy, reason }: LabelChange): Html =>
    html`<br />${pGiven !== null && html`P(given) ${decimal(pGiven, 2)}<br />`}${pMax !== null && html`P(max) ${decimal(pMax, 2)}<br />`}${importance !== null && html`weight ${decimal(importance, 2)}<br />`}epoch
      ${epoch}, ${strategy}<br />${reason}`;
  const marked = (sample: number, good: boolean): Pick<Picture, 'mark'> =>
    known(sample) === null ? {} : { mark: good ? 'good' : 'bad' };
  const title = (text: string, count: number, all: string, key: string): Pick<Gallery, 'title' | 'note'> => ({
    title: text,
    note: `${count > shown ? `The strongest of ${count}` : count} ${all}.${input.data.truth?.some((label) => label >= 0) ? ` ${key}` : ''}`,
  });
  return [
    {
      ...title(
        'Relabelled',
        edited.length,
        'standing edits, with their evidence',
        'Green frame: the new label is the true one; red: it is not.',
      ),
      pictures: edited.slice(0, shown).map((change) => {
        const { sample } = change;
        const label = ledger.current[sample]!;
        const caption = html`${name(ledger.given[sample]!)} →
          <b>${name(label)}</b>${really(sample, label)}${evidence(change)}`;
        return { sample, caption, ...marked(sample, label === known(sample)) };
      }),
    },
    {
      ...title(
        'Left out',
        out.length,
        'labels that do not train at the end',
        'Green frame: the given label is wrong; red: it is right.',
      ),
      pictures: out.slice(0, shown).map((change) => {
        const { sample } = change;
        const label = ledger.given[sample]!;
        return {
          sample,
          caption: html`${name(label)}${really(sample, label)}${evidence(change)}`,
          ...marked(sample, label !== known(sample)),
        };
      }),
    },
  ];
}
