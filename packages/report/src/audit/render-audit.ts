import type { Dataset } from '@selfcure/core';
import type { Json } from '@selfcure/tensor';
import { html } from '../html.ts';
import { page } from '../page.ts';
import type { Deflate } from '../png.ts';
import { manifestSection } from '../section/manifest.ts';
import { auditHeadline, conflictSection, scoreSection, transitionSection } from './audit-sections.ts';
import type { AuditFacts } from './facts.ts';
import { inlineScript } from './inline-script.ts';
import { reviewScript } from './review-script.ts';
import { reviewSection } from './review-section.ts';
import type { Review, ReviewItem } from './review-section.ts';
import { reviewStyle } from './review-style.ts';

/** What every page of labels has. */
interface PageOptions {
  readonly title: string;
  /** How it was made, as plain data. */
  readonly manifest: Json;
  readonly data: Dataset;
  /** Names of the samples as their owner knows them. Default: their numbers. */
  readonly nameOf?: (sample: number) => string;
  /** Compresses pictures, such as `deflateSync` of `node:zlib`. Default: pictures are stored as they are. */
  readonly deflate?: Deflate;
}

/** What {@link renderAudit} reads. */
export interface AuditPageInput extends PageOptions {
  readonly audit: AuditFacts;
  /** Most pictures in the gallery, the most suspicious first. Default 5000. */
  readonly pictures?: number;
}

/** What {@link renderReview} reads. */
export interface ReviewPageInput extends PageOptions {
  /** Samples to label, in this order. */
  readonly samples: readonly number[];
  readonly choice: Review['choice'];
  /** Given labels to show; absent hides them, so that they do not bias. */
  readonly given?: ArrayLike<number>;
}

/**
 * An audit as one HTML page that loads nothing: what was found and how sure that is, transition matrix, scores, and the suspicious
 * labels as a gallery to decide on by keyboard, whose decisions are kept in the browser and exported as CSV or JSON.
 *
 * One script may run, the page's own, by its hash; text of the data is escaped and never becomes markup. **Pictures are inside the page.**
 *
 * @throws OptionError where the runtime has no `crypto.subtle`.
 * @example await writeFile('audit.html', await renderAudit({ title: 'faces', manifest: {}, data, audit, deflate: deflateSync }));
 */
export async function renderAudit({
  title,
  manifest,
  data,
  audit,
  nameOf = String,
  deflate,
  pictures = 5000,
}: AuditPageInput): Promise<string> {
  const looked = Array.from(audit.order).filter((sample) => audit.verdicts[sample] !== 'right');
  // Without a list there is still something to look at: the head of the ranking.
  const samples = (looked.length > 0 ? looked : Array.from(audit.order).slice(0, 100)).slice(0, pictures);
  const items = samples.map((sample): ReviewItem => ({
    sample,
    name: nameOf(sample),
    given: audit.given[sample]!,
    suggested: audit.suggested[sample]!,
    verdict: audit.verdicts[sample]!,
    suspicion: audit.suspicion[sample]!,
  }));
  const review = await reviewSection(
    { fingerprint: `${data.fingerprint} audit ${hashOf(samples)}`, choice: 'audit', items, blind: false },
    data,
    deflate,
  );
  const body = [
    html`<h1>${title}</h1>`,
    auditHeadline(audit),
    looked.length > samples.length &&
      html`<p class="note">The gallery holds the first ${samples.length} of ${looked.length} suspected labels.</p>`,
    looked.length === 0 && html`<p class="note">The gallery holds the ${samples.length} most suspicious labels.</p>`,
    review.body,
    transitionSection(audit, data.classes),
    scoreSection(audit, data.truth),
    conflictSection(audit, data.classes, nameOf),
    manifestSection(manifest),
  ];
  return page(title, body, { style: reviewStyle + review.style, script: await inlineScript(reviewScript) });
}

/**
 * Images to label by keyboard as one HTML page, as {@link renderAudit} makes it; blind unless given labels are passed.
 *
 * @throws OptionError where the runtime has no `crypto.subtle`.
 * @example
 * const samples = [...chooseRandom({ given: data.labels, classes: 7, count: 100, seed: 0 })];
 * await renderReview({ title: 'faces', manifest: {}, data, samples, choice: 'random' });
 */
export async function renderReview({
  title,
  manifest,
  data,
  samples,
  choice,
  given,
  nameOf = String,
  deflate,
}: ReviewPageInput): Promise<string> {
  const items = samples.map((sample): ReviewItem => ({
    sample,
    name: nameOf(sample),
    given: given?.[sample] ?? null,
    suggested: null,
    verdict: null,
    suspicion: null,
  }));
  const review = await reviewSection(
    { fingerprint: `${data.fingerprint} ${choice} ${hashOf(samples)}`, choice, items, blind: given === undefined },
    data,
    deflate,
  );
  const body = [
    html`<h1>${title}</h1>
      <p>
        ${samples.length} images of ${data.size}, chosen
        ${choice === 'random' ? 'at random within each given label' : 'where a verified label is expected to mend most'}.
        Label what the image
        shows${given === undefined ? '; the given label is hidden, so that it does not sway you' : ''}, and leave out
        what cannot be told. Then export the decisions as CSV.
      </p>`,
    review.body,
    manifestSection(manifest),
  ];
  return page(title, body, { style: reviewStyle + review.style, script: await inlineScript(reviewScript) });
}

/** FNV-1a over sample numbers: tells lists of one data set apart. */
function hashOf(samples: readonly number[]): string {
  let value = 0x811c9dc5;
  for (const sample of samples) value = Math.imul(value ^ sample, 0x01000193) >>> 0;
  return value.toString(16);
}
