import { unseen } from './label-ledger.ts';
import type { LabelLedger } from './label-ledger.ts';

/**
 * Takes back every change of later epochs than the given one, as new entries of the log; verified labels stay.
 *
 * @param epoch 0 takes back all.
 * @returns how many labels that changed.
 * @example undoChanges(run.ledger, 12)
 */
export function undoChanges(ledger: LabelLedger, epoch: number): number {
  const { given, current, dropped, verified } = ledger;
  const log = ledger.changes();
  const before = new Map<number, { label: number; out: boolean }>();
  for (const { sample, to, kind, epoch: when } of log) {
    if (when <= epoch || kind === 'verify') before.set(sample, { label: to, out: kind === 'drop' });
  }
  const later = new Set(
    log.filter((change) => change.epoch > epoch && !verified[change.sample]).map(({ sample }) => sample),
  );
  let count = 0;
  for (const sample of later) {
    const { label, out } = before.get(sample) ?? { label: given[sample]!, out: false };
    if (current[sample] === label && (dropped[sample] === 1) === out) continue;
    ledger.append({
      ...unseen,
      epoch,
      sample,
      kind: out ? 'drop' : 'undo',
      from: current[sample]!,
      to: label,
      score: 0,
      strategy: 'undo',
      reason: `undone to epoch ${epoch}`,
    });
    count++;
  }
  return count;
}
