import { restoreLedger } from '@selfcure/core';
import type { LabelChange, LedgerData, TrainState } from '@selfcure/core';
import type { Decision } from './decisions-file.ts';
import type { Undone } from './undo.ts';

/** What the log says of a decision that was imported. */
const reasonOf = (action: string): string => `review: ${action}`;

/** Whether a change is an imported decision. */
const isReview = ({ strategy, reason }: LabelChange): boolean => strategy === 'person' && reason.startsWith('review: ');

/** What importing decisions did. */
export interface Imported {
  readonly ledger: LedgerData;
  /** Labels set and samples left out anew. */
  readonly labelled: number;
  readonly dropped: number;
  /** Decisions that stood already. */
  readonly already: number;
}

/**
 * Takes decisions over as a person's word: labels are verified, and what is left out stays out; no strategy changes either from here on. Decisions that
 * stand already change nothing.
 */
export function importDecisions(
  { ledger, epoch }: Pick<TrainState, 'ledger' | 'epoch'>,
  decisions: readonly Decision[],
  classes: number,
): Imported {
  const next = restoreLedger(ledger, classes);
  const verified = ledger.verified.slice();
  const counts = { labelled: 0, dropped: 0, already: 0 };
  for (const { place, label, action } of decisions) {
    const out = label === 'drop';
    // What is left out waits under its given label.
    const to = label === 'drop' ? ledger.given[place]! : label;
    if (verified[place] && next.current[place] === to && (next.dropped[place] === 1) === out) {
      counts.already++;
      continue;
    }
    next.append({
      ...bare,
      epoch: epoch - 1,
      sample: place,
      kind: out ? 'drop' : 'verify',
      from: next.current[place]!,
      to,
      score: 1,
      strategy: 'person',
      reason: reasonOf(action),
    });
    verified[place] = 1;
    counts[out ? 'dropped' : 'labelled']++;
  }
  return { ledger: { ...next.data(), verified }, ...counts };
}

/** Whether what stands for a sample is an imported decision. */
export function isReviewed({ log }: LedgerData, sample: number): boolean {
  const last = log.findLast((change) => change.sample === sample);
  return last !== undefined && isReview(last);
}

/** Takes imported decisions back, of one sample or of all: the samples stand as they did before, and strategies may change them again. */
export function undoReview(
  { ledger, epoch }: Pick<TrainState, 'ledger' | 'epoch'>,
  classes: number,
  sample?: number,
): Undone {
  const next = restoreLedger(ledger, classes);
  const verified = ledger.verified.slice();
  const bySample = new Map<number, LabelChange[]>();
  for (const change of ledger.log) {
    const own = bySample.get(change.sample);
    if (own) own.push(change);
    else bySample.set(change.sample, [change]);
  }
  let count = 0;
  for (const [one, changes] of bySample) {
    if ((sample !== undefined && one !== sample) || !isReview(changes.at(-1)!)) continue;
    const before = changes.findLast((change) => !isReview(change));
    const out = before?.kind === 'drop';
    next.append({
      ...bare,
      epoch: epoch - 1,
      sample: one,
      kind: out ? 'drop' : 'undo',
      from: next.current[one]!,
      to: before?.to ?? ledger.given[one]!,
      score: 0,
      strategy: 'undo',
      reason: 'review taken back',
    });
    verified[one] = before?.kind === 'verify' ? 1 : 0;
    count++;
  }
  return { ledger: { ...next.data(), verified }, count };
}

/** Evidence of a change that no pass of the network speaks for. */
const bare: Pick<LabelChange, 'step' | 'importance' | 'pGiven' | 'pMax'> = {
  step: -1,
  importance: null,
  pGiven: null,
  pMax: null,
};
