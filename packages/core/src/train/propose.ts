import type { LabelLedger } from '../ledger/label-ledger.ts';
import { argmax } from '../metric/argmax.ts';
import type { RelabelStrategy, SampleRows } from '../relabel/relabel.ts';

/** Asks a strategy for label changes and stages them with the evidence of their rows. */
export function stageProposals(strategy: RelabelStrategy, ledger: LabelLedger, rows: SampleRows, step: number): void {
  const proposals = strategy.propose(rows);
  if (proposals.length === 0) return;
  const rowOf = new Map<number, number>();
  rows.samples.forEach((sample, row) => rowOf.set(sample, row));
  for (const proposal of proposals) {
    const row = rowOf.get(proposal.sample);
    const passed = row !== undefined && rows.passes[row]! > 0;
    const start = (row ?? 0) * rows.classes;
    ledger.stage(proposal, {
      epoch: rows.epoch,
      step,
      strategy: strategy.name,
      importance: passed ? (rows.importance?.[row] ?? null) : null,
      pGiven: proposal.pGiven ?? (passed ? rows.probabilities[start + rows.given[row]!]! : null),
      pMax:
        proposal.pMax ?? (passed ? rows.probabilities[start + argmax(rows.probabilities, start, rows.classes)]! : null),
    });
  }
}
