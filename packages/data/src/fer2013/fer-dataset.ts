import type { GroupedDataset } from '../set/data-set.ts';
import { createDataset } from '../set/data-set.ts';
import { fingerprint } from '../set/fingerprint.ts';
import { checkIds } from '../set/sample-ids.ts';
import { checkChoice } from '../error/check.ts';
import { DataError } from '../error/data-error.ts';
import { voteAmbiguity } from './ambiguity.ts';
import { ferClassNames, voteNames } from './classes.ts';
import type { FerSplit, FerTable } from './table.ts';
import { ferImageBytes, ferShape, ferSplits } from './table.ts';
import type { NoLabel, TiePolicy } from './votes.ts';
import { majorityLabel, pluralityLabel, voteShares } from './votes.ts';

/** Where labels come from: FER2013's own column, or FER+'s votes by a rule. */
export type FerLabels = 'fer2013' | 'majority' | 'plurality' | 'soft';

/** Options of {@link ferDatasetOf}. */
export interface FerOptions {
  /** `Training`, `PublicTest` or `PrivateTest`. */
  readonly split: FerSplit;
  /**
   * Given labels. `'fer2013'`: the file's own; `'majority'`: FER+'s published rule (single votes dropped, the top above half of
   * the rest); `'plurality'`: the emotion with the most votes; `'soft'`: shares of the votes, and their top as the label.
   */
  readonly labels: FerLabels;
  /** 7 (FER2013's; the default), or 8 with FER+'s contempt as class 7. */
  readonly classes?: 7 | 8;
  /** Where the most votes are shared (`'plurality'`, `'soft'`): drop the row (default), take the lowest class, or the FER2013 label if it is one of them. */
  readonly ties?: TiePolicy;
  /** Votes to take as the true labels, -1 where the rule gives none. Default: no truth. Use with `labels: 'fer2013'` to measure real label noise. */
  readonly truth?: 'majority' | 'plurality';
  /** Keep only rows that have a true label. Default false. */
  readonly requireTruth?: boolean;
  /** Byte-identical images inside the split: keep all (default) or the first of each. */
  readonly repeats?: 'keep' | 'first';
  /**
   * Images that an earlier split (train before valid before test) holds too: keep them (default, as published figures
   * do), or drop them, so that nothing is tested on what was trained on.
   */
  readonly twins?: 'keep' | 'drop';
}

/** Why a row was left out. */
export type FerDropReason = NoLabel | 'no-truth' | 'repeat' | 'twin';

/** What became of the rows of a split. */
export interface FerSummary {
  readonly split: FerSplit;
  /** Rows of the split in the file. */
  readonly rows: number;
  /** Rows kept: the size of the data set. */
  readonly kept: number;
  /** Rows kept of every class, by name. */
  readonly perClass: Readonly<Record<string, number>>;
  /** Rows left out, by the first reason that applied: no label, no truth, twin, repeat. Reasons that never applied are absent. */
  readonly dropped: Readonly<Partial<Record<FerDropReason, number>>>;
  /** Byte-identical images in the whole file, before anything is left out. */
  readonly duplicates: {
    /** Groups of two or more rows with the same image. */
    readonly groups: number;
    /** Rows in those groups. */
    readonly rows: number;
    /** Groups whose rows disagree on the FER2013 label. */
    readonly conflicts: number;
    /** Rows of this split that have a twin in an earlier one. */
    readonly twins: number;
  };
  /** Rows kept whose given label differs from the truth, and rows kept that have a truth. */
  readonly disagreement: { readonly differ: number; readonly known: number };
}

/** FER2013 or FER+ as a `Dataset`. */
export interface FerDataset extends GroupedDataset {
  /** Row of every sample in the file, 0-based, the header not counted. */
  readonly rows: Int32Array;
  readonly summary: FerSummary;
  read(ids: ArrayLike<number>): Uint8Array;
}

/**
 * One split of a FER table as a data set. Classes have FER2013's published order whatever labels are taken: angry,
 * disgust, fear, happy, sad, surprise, neutral (, contempt). Rows without a usable label are left out and counted by
 * reason in `summary`. Where the table has votes, `ambiguity` is their entropy (see the README). The pixels stay in the
 * table and are not copied.
 *
 * Measuring real label noise (train on FER2013's labels, compare with FER+'s majority):
 * `{ split: 'train', labels: 'fer2013', truth: 'majority', requireTruth: true, repeats: 'first', twins: 'drop' }`.
 *
 * @throws DataError where votes are needed and absent, an option is no choice, or no row is left.
 * @example
 * const table = await readFerFiles({ folder: './fer2013' });
 * const train = ferDatasetOf(table, { split: 'train', labels: 'majority', repeats: 'first' });
 * console.log(train.summary.perClass, train.summary.dropped);
 */
export function ferDatasetOf(table: FerTable, options: FerOptions): FerDataset {
  const {
    split,
    labels,
    classes = 7,
    ties = 'drop',
    truth,
    requireTruth = false,
    repeats = 'keep',
    twins = 'keep',
  } = options;
  checkChoice('split', split, ferSplits);
  checkChoice('labels', labels, ['fer2013', 'majority', 'plurality', 'soft']);
  checkChoice('classes', classes, [7, 8]);
  checkChoice('ties', ties, ['drop', 'lowest', 'given']);
  checkChoice('truth', truth, [undefined, 'majority', 'plurality']);
  checkChoice('repeats', repeats, ['keep', 'first']);
  checkChoice('twins', twins, ['keep', 'drop']);
  if (requireTruth && truth === undefined) {
    throw new DataError({
      code: 'bad-option',
      source: 'requireTruth',
      problem: 'it asks for rows with a true label, but no rule says what is true',
      remedy: "Pass truth: 'majority' or truth: 'plurality' too",
    });
  }
  const needsVotes =
    labels !== 'fer2013' ? `labels: '${labels}'` : truth !== undefined ? `truth: '${truth}'` : undefined;
  if (table.votes === undefined && needsVotes !== undefined) {
    throw new DataError({
      code: 'missing-votes',
      source: needsVotes,
      problem: 'FER+ votes are needed, and none were read',
      remedy:
        "Put FER+'s fer2013new.csv beside fer2013.csv or name it in `votes`, or take labels: 'fer2013' without truth",
    });
  }
  const votesOf = (row: number): Uint8Array =>
    table.votes?.subarray(row * voteNames.length, (row + 1) * voteNames.length) ?? new Uint8Array(voteNames.length);
  const rule = { classes, ties };
  const labelOf = (row: number, source: FerLabels): number | NoLabel => {
    const given = table.emotions[row]!;
    switch (source) {
      case 'fer2013':
        return given;
      case 'majority':
        return majorityLabel(votesOf(row), classes);
      case 'plurality':
        return pluralityLabel(votesOf(row), rule, given);
      case 'soft':
        return softLabel(votesOf(row), rule, given);
    }
  };

  const imageOf = (row: number): Uint8Array => table.images.subarray(row * ferImageBytes, (row + 1) * ferImageBytes);
  const first = table.firsts;
  const own = ferSplits.indexOf(split);
  const earliest = earliestSplits(first, table.splits);
  const isTwin = (row: number): boolean => earliest[first[row]!]! < own;

  const dropped: Partial<Record<FerDropReason, number>> = {};
  const rows: number[] = [];
  const given: number[] = [];
  const known: number[] = [];
  const kept = new Map<number, number>();
  let inSplit = 0;
  for (let row = 0; row < table.size; row++) {
    if (table.splits[row] !== own) continue;
    inSplit++;
    const label = labelOf(row, labels);
    const trueLabel = truth === undefined ? -1 : labelOf(row, truth);
    const reason = ((): FerDropReason | undefined => {
      if (typeof label === 'string') return label;
      if (requireTruth && typeof trueLabel === 'string') return 'no-truth';
      if (twins === 'drop' && isTwin(row)) return 'twin';
      if (repeats === 'first' && kept.has(first[row]!)) return 'repeat';
      return undefined;
    })();
    if (reason !== undefined || typeof label === 'string') {
      if (reason !== undefined) dropped[reason] = (dropped[reason] ?? 0) + 1;
      continue;
    }
    if (!kept.has(first[row]!)) kept.set(first[row]!, rows.length);
    rows.push(row);
    given.push(label);
    known.push(typeof trueLabel === 'string' ? -1 : trueLabel);
  }
  if (rows.length === 0) {
    throw new DataError({
      code: 'no-samples',
      source: `split '${split}'`,
      problem: `of ${inSplit} rows none is left (${JSON.stringify(dropped)})`,
      remedy: 'Pass a file that holds the split, or relax the options',
    });
  }

  const names = ferClassNames(classes);
  const perClass: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]));
  for (const label of given) perClass[names[label]!]!++;
  const summary: FerSummary = {
    split,
    rows: inSplit,
    kept: rows.length,
    perClass,
    dropped,
    duplicates: { ...countDuplicates(first, table.emotions), twins: countTwins(table.splits, own, isTwin) },
    disagreement: {
      differ: known.reduce((count, label, i) => count + (label >= 0 && label !== given[i] ? 1 : 0), 0),
      known: known.reduce((count, label) => count + (label >= 0 ? 1 : 0), 0),
    },
  };
  const labelArray = Int32Array.from(given);
  const rowArray = Int32Array.from(rows);
  const data = createDataset({
    name: `${labels === 'fer2013' ? 'fer2013' : `ferplus-${labels}`}-${split}`,
    size: rows.length,
    classes: names,
    shape: ferShape,
    labels: labelArray,
    truth: truth === undefined ? undefined : Int32Array.from(known),
    soft: labels === 'soft' ? softRows(rows, votesOf, classes) : undefined,
    ambiguity: table.votes === undefined ? undefined : Float32Array.from(rows, (row) => voteAmbiguity(votesOf(row))),
    groups: Int32Array.from(rows, (row) => kept.get(first[row]!)!),
    fingerprint: () =>
      fingerprint({
        kind: 'array',
        facts: { classes: names, shape: ferShape },
        numbers: [labelArray],
        images: rows.map(imageOf),
      }),
    read(ids) {
      checkIds(ids, rows.length, data.name);
      const out = new Uint8Array(ids.length * ferImageBytes);
      for (let i = 0; i < ids.length; i++) out.set(imageOf(rows[ids[i]!]!), i * ferImageBytes);
      return out;
    },
  });
  return Object.assign(data, { rows: rowArray, summary }) as FerDataset;
}

/** The top of the shares of the votes, by the same rule as plurality but without the classes that are not in use. */
function softLabel(votes: Uint8Array, rule: { classes: 7 | 8; ties: TiePolicy }, given: number): number | NoLabel {
  const counted = Uint8Array.from(votes);
  if (rule.classes === 7) counted[voteNames.indexOf('contempt')] = 0;
  return pluralityLabel(counted, rule, given);
}

function softRows(rows: readonly number[], votesOf: (row: number) => Uint8Array, classes: 7 | 8): Float32Array {
  const soft = new Float32Array(rows.length * classes);
  rows.forEach((row, i) => soft.set(voteShares(votesOf(row), classes)!, i * classes));
  return soft;
}

/** Earliest split of every group, at the group's first row. */
function earliestSplits(first: Int32Array, splits: Uint8Array): Uint8Array {
  const earliest = splits.slice(0, first.length);
  for (let row = 0; row < first.length; row++) {
    const head = first[row]!;
    if (splits[row]! < earliest[head]!) earliest[head] = splits[row]!;
  }
  return earliest;
}

function countDuplicates(first: Int32Array, emotions: Uint8Array): { groups: number; rows: number; conflicts: number } {
  const groups = new Set<number>();
  const conflicts = new Set<number>();
  let rows = 0;
  for (let row = 0; row < first.length; row++) {
    const head = first[row]!;
    if (head === row) continue;
    rows += groups.has(head) ? 1 : 2;
    groups.add(head);
    if (emotions[row] !== emotions[head]) conflicts.add(head);
  }
  return { groups: groups.size, rows, conflicts: conflicts.size };
}

function countTwins(splits: Uint8Array, own: number, isTwin: (row: number) => boolean): number {
  let count = 0;
  splits.forEach((split, row) => {
    if (split === own && isTwin(row)) count++;
  });
  return count;
}
