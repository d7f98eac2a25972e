import { relabelQuality, suspicionScores } from '@selfcure/core';
import type { LedgerData, Run, SampleRows } from '@selfcure/core';
import type { LabelView, Snapshot } from './protocol.ts';
import { standingDecisions } from './review.ts';

/** Labels as a ledger has them. */
export function labelView(ledger: LedgerData): LabelView {
  const { given, current, dropped, verified } = ledger;
  return { given, current, dropped, verified, decisions: standingDecisions(ledger).length };
}

/** What a run has to show, with labels that may have changed since. */
export function snapshotOf({ rows, history, warnings }: Run, ledger: LedgerData, truth: Int32Array | null): Snapshot {
  const { given, current, dropped } = ledger;
  return {
    history: history.epochs,
    warnings,
    labels: labelView(ledger),
    passes: rows.passes,
    scores: suspicionScores(rows),
    pGiven: rows.meanGivenProbability,
    ...suggestions(rows),
    importance: rows.importance,
    quality: truth && relabelQuality({ given, current, dropped, truth }),
  };
}

/**
 * The class that speaks against each given label: what the run has made of it, else the most likely class where that is another.
 * Probabilities are averaged over epochs where the recipe keeps such averages.
 */
function suggestions(rows: SampleRows): Pick<Snapshot, 'suggestion' | 'pSuggestion'> {
  const { classes, given, current, verified, passes } = rows;
  const q = rows.remembered['averageProbabilities'] ?? rows.probabilities;
  const suggestion = new Int32Array(given.length).fill(-1);
  const pSuggestion = new Float32Array(given.length);
  for (let i = 0; i < given.length; i++) {
    if (passes[i] === 0) continue;
    const row = q.subarray(i * classes, (i + 1) * classes);
    const best = !verified[i] && current[i] !== given[i] ? current[i]! : row.indexOf(Math.max(...row));
    if (best === given[i]) continue;
    suggestion[i] = best;
    pSuggestion[i] = row[best]!;
  }
  return { suggestion, pSuggestion };
}
