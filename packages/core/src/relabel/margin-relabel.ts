import { OptionError } from '../errors.ts';
import { argmax } from '../metric/argmax.ts';
import { checkStart } from './check-start.ts';
import type { Proposal, RelabelStrategy } from './relabel.ts';

/** Options of {@link marginRelabel}. */
export interface MarginRelabelOptions {
  /** Relabel margin delta_2. Default 0.2 (section 4.3). */
  readonly margin?: number;
  /** First epoch, 1-based and inclusive. Default 10 (section 3.4). */
  readonly start?: number;
  /** The low-importance group of the batch (section 3.4), or every sample (the authors' script). Default `'low'`. */
  readonly candidates?: 'low' | 'all';
  /** Of the weighted logits (the authors' code) or of the classifier's. Default `'weighted'`. */
  readonly probabilities?: 'weighted' | 'raw';
}

/**
 * Relabelling as published (Wang et al. 2020, section 3.4, eq. 5): a candidate whose largest probability exceeds that of
 * its label by more than the margin takes the predicted class. Judged on the training pass of the batch, against the
 * label as it stands; the new label counts from the next epoch.
 *
 * The comparison is strict; among equal classes the lowest index counts; a label that shares the maximum stays.
 *
 * @throws OptionError where the margin is not in [0, 1] or the start is not a whole number from 1.
 * @example const relabel = marginRelabel({ margin: 0.2, candidates: 'all' });
 */
export function marginRelabel({
  margin = 0.2,
  start = 10,
  candidates = 'low',
  probabilities = 'weighted',
}: MarginRelabelOptions = {}): RelabelStrategy {
  if (!(margin >= 0 && margin <= 1))
    throw new OptionError(`marginRelabel: margin ${margin} is outside [0, 1]. The paper takes 0.2`);
  checkStart('marginRelabel', start);
  return {
    name: 'margin',
    options: { margin, start, candidates, probabilities },
    when: 'step',
    needsImportance: candidates === 'low',
    propose: (rows) => {
      if (rows.epoch < start) return [];
      const p = probabilities === 'weighted' ? rows.weightedProbabilities : rows.probabilities;
      const proposals: Proposal[] = [];
      for (let i = 0; i < rows.samples.length; i++) {
        if (candidates === 'low' && !rows.lowGroup[i]) continue;
        const offset = i * rows.classes;
        const best = argmax(p, offset, rows.classes);
        const pMax = p[offset + best]!;
        const pGiven = p[offset + rows.current[i]!]!;
        const score = pMax - pGiven;
        if (score > margin) {
          const reason = `P(max) - P(label) = ${score.toFixed(3)} > ${margin}`;
          proposals.push({ sample: rows.samples[i]!, to: best, score, pGiven, pMax, reason });
        }
      }
      return proposals;
    },
  };
}
