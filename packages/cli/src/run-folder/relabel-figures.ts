import { relabelQuality } from '@selfcure/core';
import type { LedgerData, RelabelQuality } from '@selfcure/core';

/** What relabelling did against known truth, over the labels that no person has verified: a person's word is no merit of a strategy. */
export function relabelFigures(
  { given, current, dropped, verified }: Pick<LedgerData, 'given' | 'current' | 'dropped' | 'verified'>,
  truth: Int32Array,
): RelabelQuality {
  return relabelQuality({ given, current, dropped, truth: truth.map((label, i) => (verified[i] ? -1 : label)) });
}
