import { auroc, averagePrecision, binomialInterval, precisionAt } from '@selfcure/core';
import type { AuditQuality, CountedShare, LabelJudgement, ScoreName } from './audit.ts';

/**
 * How well a judgement does against true labels, over the samples that it ranks: verified ones have helped it.
 *
 * @param truth true labels, -1 where unknown. Length N.
 * @returns null where no truth is known, or where all labels are right or all wrong.
 */
export function measureQuality(
  { scores, order, list, suspicion, suggested }: LabelJudgement,
  given: ArrayLike<number>,
  truth: ArrayLike<number>,
): AuditQuality | null {
  // By number, so that samples of equal scores stand in no order of suspicion.
  const known = [...order].filter((i) => truth[i]! >= 0).sort((a, b) => a - b);
  const wrong = Uint8Array.from(known, (i) => (given[i] === truth[i] ? 0 : 1));
  const count = wrong.reduce((sum, one) => sum + one, 0);
  if (count === 0 || count === known.length) return null;
  const first = Math.max(1, Math.round(known.length / 10));
  const inside = known.filter((i) => suspicion[i]! >= list.threshold);
  const mendable = inside.filter((i) => given[i] !== truth[i]);
  return {
    samples: known.length,
    noise: count / known.length,
    scores: Object.fromEntries(
      Object.entries(scores).map(([name, all]) => {
        const some = Float64Array.from(known, (i) => all[i]!);
        const found = { auroc: auroc(some, wrong), averagePrecision: averagePrecision(some, wrong) };
        return [name as ScoreName, { ...found, precision: precisionAt(some, wrong, first) }];
      }),
    ),
    falseDiscoveries: shareOf(inside, (i) => given[i] === truth[i]),
    suggestions: shareOf(mendable, (i) => suggested[i] === truth[i]),
  };
}

function shareOf(samples: readonly number[], holds: (sample: number) => boolean): CountedShare {
  const count = samples.filter(holds).length;
  return { count, of: samples.length, ...binomialInterval(count, samples.length) };
}
