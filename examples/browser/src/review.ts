import { restoreLedger } from '@selfcure/core';
import type { LabelChange, LedgerData } from '@selfcure/core';

/** What a person says about labels: a label is right as named, or the last word is taken back. */
export type Decision =
  | { readonly kind: 'verify'; readonly sample: number; readonly label: number }
  | { readonly kind: 'undo' };

/** How a sample stood before a decision. */
interface Before {
  readonly sample: number;
  readonly label: number;
  readonly dropped: boolean;
  readonly verified: boolean;
}

const person = 'person';

/**
 * Applies decisions to a ledger, in order; an undo without a decision before it changes nothing. The log keeps decisions and
 * undos alike.
 *
 * @param epoch under way, for the log.
 * @throws OptionError where a label is no class.
 */
export function applyDecisions(
  ledger: LedgerData,
  classes: number,
  decisions: readonly Decision[],
  epoch: number,
): LedgerData {
  return decisions.reduce(
    (data, decision) =>
      decision.kind === 'undo' ? undoLast(data, classes, epoch) : verify(data, classes, decision, epoch),
    ledger,
  );
}

function verify(
  data: LedgerData,
  classes: number,
  { sample, label }: { readonly sample: number; readonly label: number },
  epoch: number,
): LedgerData {
  const ledger = restoreLedger(data, classes);
  ledger.verify(sample, label, epoch);
  return ledger.data();
}

/** A ledger only ever adds to its log, so that taking back is a change of its own, to what the log says was before. */
function undoLast(data: LedgerData, classes: number, epoch: number): LedgerData {
  const last = standingDecisions(data).at(-1);
  if (!last) return data;
  const { sample, label, dropped, verified } = last;
  const ledger = restoreLedger(data, classes);
  ledger.append({
    epoch,
    step: -1,
    sample,
    kind: dropped ? 'drop' : 'undo',
    from: data.current[sample]!,
    to: label,
    importance: null,
    pGiven: null,
    pMax: null,
    score: 0,
    strategy: person,
    reason: 'a decision was taken back',
  });
  const after = ledger.data();
  after.verified[sample] = verified ? 1 : 0;
  return after;
}

/** Decisions that nobody has taken back, oldest first, each with how its sample stood before it. */
export function standingDecisions({ log }: Pick<LedgerData, 'log'>): readonly Before[] {
  const last = new Map<number, LabelChange>();
  const standing: Before[] = [];
  for (const change of log) {
    const { sample } = change;
    if (change.kind === 'verify') {
      const before = last.get(sample);
      standing.push({
        sample,
        label: change.from,
        dropped: before?.kind === 'drop',
        verified: standing.some((one) => one.sample === sample),
      });
    } else if (change.strategy === person) standing.pop();
    last.set(sample, change);
  }
  return standing;
}
