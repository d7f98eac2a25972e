import type { Dataset } from '@selfcure/core';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { Deflate } from '../png.ts';
import { inlineJson } from './inline-script.ts';
import { spriteSheets } from './sprite-sheets.ts';

/** One image to decide on. */
export interface ReviewItem {
  /** Sample of the data set. */
  readonly sample: number;
  /** Name of the sample as its owner knows it; comes back in the exported decisions. */
  readonly name: string;
  /** Given label; null where it must not be seen. */
  readonly given: number | null;
  /** Label to accept; null where none is suggested. */
  readonly suggested: number | null;
  readonly verdict: 'wrong' | 'ambiguous' | 'right' | null;
  /** Probability of being wrong, in [0, 1]; null where it must not be seen. */
  readonly suspicion: number | null;
}

/** What a review is of. */
export interface Review {
  /** Decisions are kept in the browser under this name: other data or another list, another name. */
  readonly fingerprint: string;
  /** How the images were chosen; comes back in the exported decisions. */
  readonly choice: 'audit' | 'random' | 'gain';
  readonly items: readonly ReviewItem[];
  /** Given labels are hidden. */
  readonly blind: boolean;
}

/** Markup of the review, and the rules that hold its pictures. */
export interface ReviewSection {
  readonly body: Html;
  readonly style: string;
}

/** Keys of the digits, in the order of the classes. */
const digitOf = (label: number): string => (label < 10 ? String((label + 1) % 10) : '');

/** The gallery with its panel of decisions. It does without script as a list to read; deciding needs the script of the page. */
export async function reviewSection(
  review: Review,
  data: Pick<Dataset, 'classes' | 'shape' | 'read'>,
  deflate?: Deflate,
): Promise<ReviewSection> {
  const { items, blind } = review;
  const { classes } = data;
  const sprites = await spriteSheets(
    data,
    items.map(({ sample }) => sample),
    deflate,
  );
  const sheet = sprites.columns * sprites.rows;
  const rows = items.map(({ name, given, suggested, verdict, suspicion }) => [
    name,
    blind ? null : given,
    suggested,
    verdict,
    suspicion === null ? null : Math.round(100 * suspicion),
  ]);
  const suggests = items.some(({ suggested }) => suggested !== null);
  const judges = items.some(({ verdict }) => verdict !== null);
  return {
    style:
      `:root{--columns:${sprites.columns};--ratio:${sprites.height / sprites.width}}` +
      sprites.sheets.map((uri, k) => `.sheet-${k}{background-image:url(${uri})}`).join(''),
    body: html`<section>
      <h2>${blind ? 'Images to label' : 'Labels to look at'}</h2>
      <noscript><p>Deciding, filters and export need scripts. The list can be read without.</p></noscript>
      <div class="review">
        <div class="panel" role="region" aria-label="Review">${panel(classes, { blind, suggests, judges })}</div>
        <div>
          <p id="nothing" hidden="">No image fits the filters.</p>
          <ol class="cards" id="cards">
            ${items.map((item, i) => card(item, i, classes, sheet, sprites.columns, blind))}
          </ol>
        </div>
      </div>
      ${{ html: `<script type="application/json" id="review-data">${inlineJson({ fingerprint: review.fingerprint, choice: review.choice, blind, classes, items: rows })}</script>` }}
    </section>`,
  };
}

function card(
  { name, given, suggested, suspicion, verdict }: ReviewItem,
  i: number,
  classes: readonly string[],
  sheet: number,
  columns: number,
  blind: boolean,
): Html {
  const [x, y] = [i % columns, Math.floor((i % sheet) / columns)];
  const says = [
    verdict && verdict !== 'right' ? verdict : null,
    suspicion === null ? null : `${Math.round(100 * suspicion)} %`,
  ];
  return html`<li>
    <button type="button" class="card" tabindex="-1" data-decided="">
      <span
        class="${`thumb sheet-${Math.floor(i / sheet)}`}"
        style="${`--x:${x};--y:${y}`}"
        role="img"
        aria-label="${`sample ${name}`}"
      ></span
      ><span>${name}</span
      >${!blind && given !== null && html`<span>${classes[given]}${suggested !== null && suggested !== given && html` → <b>${classes[suggested]}</b>`}</span>`}${says.some(Boolean) && html`<span class="note">${says.filter(Boolean).join(', ')}</span>`}<span
        class="decision"
      ></span>
    </button>
  </li>`;
}

function panel(
  classes: readonly string[],
  { blind, suggests, judges }: { readonly blind: boolean; readonly suggests: boolean; readonly judges: boolean },
): Html {
  const options = (title: string): Html =>
    html`<option value="">${title}</option>
      ${classes.map((name, c) => html`<option value="${c}">${name}</option>`)}`;
  return html`<p id="status"></p>
    <progress id="progress" max="1" value="0" aria-label="decided"></progress>
    <p class="said" id="said" role="status"></p>
    <span id="large" class="thumb large" role="img" aria-label="sample"></span>
    <p><b id="sample"></b><br /><span id="facts"></span><br /><b id="decided"></b></p>
    <fieldset>
      <legend>Decide</legend>
      ${suggests && html`<button type="button" id="accept">accept suggestion<kbd>a</kbd></button>`}
      ${!blind && html`<button type="button" id="keep">keep given<kbd>k</kbd></button>`}
      <button type="button" id="drop" aria-pressed="false">leave out<kbd>d</kbd></button>
      <button type="button" id="undo" disabled="">undo<kbd>u</kbd></button>
    </fieldset>
    <fieldset>
      <legend>Or name the class</legend>
      ${classes.map(
        (name, c) =>
          html`<button type="button" data-label="${c}" aria-pressed="false">
            ${name}${digitOf(c) !== '' && html`<kbd>${digitOf(c)}</kbd>`}
          </button>`,
      )}
    </fieldset>
    <fieldset>
      <legend>Move</legend>
      <button type="button" id="previous" aria-label="previous image">←</button>
      <button type="button" id="next" aria-label="next image">→</button>
    </fieldset>
    <fieldset class="filters">
      <legend>Show</legend>
      ${
        !blind &&
        html`<label
          >given<select id="by-given">
            ${options('all')}
          </select></label
        >`
      }
      ${
        suggests &&
        html`<label
          >suggested<select id="by-suggested">
            ${options('all')}
          </select></label
        >`
      }
      ${
        judges &&
        html`<label
          >verdict<select id="by-verdict">
            <option value="">all</option>
            <option value="wrong">probably wrong</option>
            <option value="ambiguous">ambiguous</option>
            <option value="right">right</option>
          </select></label
        >`
      }
      <label
        >state<select id="by-state">
          <option value="">all</option>
          <option value="open">not decided</option>
          <option value="decided">decided</option>
        </select></label
      >
    </fieldset>
    <fieldset>
      <legend>Export decisions</legend>
      <button type="button" id="export-csv">CSV</button>
      <button type="button" id="export-json">JSON</button>
    </fieldset>
    <label class="keys"
      ><input type="checkbox" id="keys" checked="" /> letters, digits and arrows are shortcuts</label
    >`;
}
