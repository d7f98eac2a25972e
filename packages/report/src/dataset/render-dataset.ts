import { html, percent, table } from '../html.ts';
import type { Content, Html } from '../html.ts';
import { page } from '../page.ts';
import type { Deflate } from '../png.ts';
import { contactSheet } from './contact-sheet.ts';
import type { ContactSheet } from './contact-sheet.ts';
import { splitsInOrder } from './dataset-facts.ts';
import type { DatasetFacts, RepeatedPictures, SampleFacts } from './dataset-facts.ts';

/** What {@link renderDataset} shows. */
export interface DatasetPageInput {
  readonly title: string;
  /** What `inspectDataset` of `@selfcure/data` gives. */
  readonly facts: DatasetFacts;
  /** Why the reader was chosen, in a sentence. Default: nothing is said. */
  readonly evidence?: string;
  /** Pictures to look at, such as some of every class. Default: none. */
  readonly sheets?: readonly ContactSheet[];
  /** Compresses pictures, as `deflateSync` of `node:zlib` does. Default: they are stored as they are. */
  readonly deflate?: Deflate;
}

/**
 * A look at a data set as one HTML page that loads nothing and runs no script: counts by class and split beside the published
 * ones, sizes and formats, duplicates, contradicting labels, unreadable files, contact sheets. All text is escaped.
 *
 * @example writeFileSync('data.html', renderDataset({ title: 'RAF-DB', facts: await inspectDataset(table) }));
 */
export function renderDataset({ title, facts, evidence, sheets = [], deflate }: DatasetPageInput): string {
  const { duplicates, nearDuplicates, conflicts, unreadable } = facts;
  return page(
    title,
    [
      html`<h1>${title}</h1>
        <p>${facts.size} pictures in ${facts.classes.length} classes, read as ${facts.reader}. ${evidence}</p>`,
      tiles(facts),
      countsSection(facts),
      sheets.length > 0 &&
        html`<section>
          <h2>Contact sheets</h2>
          ${sheets.map((sheet) => contactSheet(sheet, deflate))}
        </section>`,
      html`<section>
        <h2>Sizes and formats</h2>
        ${table(
          ['width', 'height', 'channels', 'pictures'],
          facts.sizes.slice(0, 20).map(({ width, height, channels, count }) => [width, height, channels, count]),
          [0, 1, 2, 3],
        )}
        ${facts.sizes.length > 20 && html`<p class="note">${facts.sizes.length - 20} further sizes are not shown.</p>`}
        ${table(['format', 'pictures'], Object.entries(facts.formats), [1])}
      </section>`,
      leftOut(facts),
      repeatedSection('Byte-identical pictures', duplicates),
      repeatedSection('Pictures that look alike', nearDuplicates),
      conflicts.groups > 0 &&
        html`<section>
          <h2>The same picture with different labels</h2>
          <p>${conflicts.groups} groups of ${conflicts.images} pictures.</p>
          ${groupTable(
            conflicts.listed.map(({ samples }) => samples),
            conflicts.groups,
          )}
        </section>`,
      unreadable.count > 0 &&
        html`<section>
          <h2>Unreadable files</h2>
          ${table(
            ['picture', 'problem'],
            unreadable.listed.map(({ sample, problem }) => [sample.place, problem]),
          )}
          ${rest(unreadable.count - unreadable.listed.length)}
        </section>`,
    ],
    { style },
  );
}

const style = `
.sheet{margin:0 0 18px}.sheet img{display:block;max-width:100%;height:auto;image-rendering:auto;border:1px solid var(--line);border-radius:6px;background:var(--card)}.sheet figcaption{margin:0 0 4px}
`;

function tiles(facts: DatasetFacts): Html {
  const shown: readonly (readonly [string, Content])[] = [
    ['pictures', facts.size],
    ['classes', facts.classes.length],
    ['as published', facts.counts.complete === null ? 'no published counts' : facts.counts.complete ? 'yes' : 'no'],
    ['in identical groups', facts.duplicates.images],
    ['in groups that look alike', facts.nearDuplicates.images],
    ['in groups with different labels', facts.conflicts.images],
    ['unreadable', facts.unreadable.count],
  ];
  return html`<div class="tiles">
    ${shown.map(([name, value]) => html`<div class="tile"><b>${value}</b><span>${name}</span></div>`)}
  </div>`;
}

/** Counts by class and split; beside each the published one, where there is one. */
function countsSection({ counts, classes }: DatasetFacts): Html {
  const all = new Set([...Object.keys(counts.found), ...Object.keys(counts.published?.splits ?? {})]);
  const splits = splitsInOrder([...all]);
  const cell = (found: number | undefined, published: number | undefined): Content =>
    published === undefined || published === (found ?? 0)
      ? [found ?? 0, published !== undefined && ' ✓']
      : html`${found ?? 0} <span class="wrong">of ${published}</span>`;
  const rows = classes.map((name): Content[] => [
    name,
    ...splits.map((split) =>
      cell(counts.found[split]?.perClass[name], counts.published?.splits[split]?.perClass?.[name]),
    ),
    percent(shareOf(counts, name)),
  ]);
  const totals: Content[] = [
    html`<b>all</b>`,
    ...splits.map((split) => cell(counts.found[split]?.total, counts.published?.splits[split]?.total)),
    null,
  ];
  return html`<section>
    <h2>Counts</h2>
    ${counts.unit === 'sequences' && html`<p class="note">Sequences are counted, not their frames.</p>`}
    ${table(['class', ...splits, 'share'], [...rows, totals], splits.map((_, i) => i + 1).concat(splits.length + 1))}
    ${counts.subjects > 0 && html`<p>${counts.subjects} subjects.</p>`}
    ${counts.published && html`<p class="note">Published counts: ${counts.published.source}.</p>`}
    ${
      counts.differences.length > 0 &&
      html`<ul>
        ${counts.differences.map((difference) => html`<li class="wrong">${difference}</li>`)}
      </ul>`
    }
  </section>`;
}

function shareOf({ found }: DatasetFacts['counts'], name: string): number {
  const splits = Object.values(found);
  const all = splits.reduce((sum, { total }) => sum + total, 0);
  return splits.reduce((sum, { perClass }) => sum + (perClass[name] ?? 0), 0) / all;
}

function leftOut({ dropped }: DatasetFacts): Html | false {
  const reasons = Object.entries(dropped);
  return (
    reasons.length > 0 &&
    html`<section>
      <h2>Left out by the reader</h2>
      ${table(['reason', 'samples'], reasons, [1])}
    </section>`
  );
}

function repeatedSection(title: string, { groups, images, acrossSplits, listed }: RepeatedPictures): Html | false {
  return (
    groups > 0 &&
    html`<section>
      <h2>${title}</h2>
      <p>
        ${groups} groups of ${images} pictures; ${acrossSplits} of them have pictures in several splits, so what is
        tested on was trained on.
      </p>
      ${groupTable(listed, groups)}
    </section>`
  );
}

function groupTable(groups: readonly (readonly SampleFacts[])[], all: number): Html {
  return html`<details>
    <summary>${Math.min(groups.length, 100)} of ${all} groups</summary>
    ${table(
      ['group', 'picture', 'label', 'split'],
      groups
        .slice(0, 100)
        .flatMap((samples, group) => samples.map(({ place, label, split }) => [group + 1, place, label, split])),
      [0],
    )}
  </details>`;
}

const rest = (count: number): Html | false => count > 0 && html`<p class="note">${count} more are not shown.</p>`;
