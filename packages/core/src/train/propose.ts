import type { LabelLedger } from '../ledger/label-ledger.ts';
import type { Method } from '../method.ts';
import type { SampleRows } from '../relabel/relabel.ts';

/** Asks a method for label changes and stages them with the evidence of their rows. */
export function stageProposals(method: Method, ledger: LabelLedger, rows: SampleRows, when: 'step' | 'epoch', step: number): void {
  const proposals = method.propose?.(rows, when) ?? [];
  if (proposals.length === 0) return;
  const rowOf = new Map<number, number>();
  rows.samples.forEach((sample, row) => rowOf.set(sample, row));
  const strategy = strategyName(method);
  for (const proposal of proposals) {
    const row = rowOf.get(proposal.sample);
    const p = row === undefined ? null : rows.probabilities.subarray(row * rows.classes, (row + 1) * rows.classes);
    ledger.stage(proposal, {
      epoch: rows.epoch,
      step,
      strategy,
      importance: row === undefined ? null : (rows.importance?.[row] ?? null),
      pGiven: p && p[rows.given[row!]!]!,
      pMax: p && Math.max(...p),
    });
  }
}

/** Name of the relabel strategy in the options of a composed method; else the method's own. */
function strategyName({ name, options }: Method): string {
  const relabel = (options as { relabel?: { name?: string } | null } | null)?.relabel;
  return relabel?.name ?? name;
}
