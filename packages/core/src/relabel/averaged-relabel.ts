import { OptionError } from '../errors.ts';
import { portablePow } from '../random/portable-math.ts';
import { defaultStart } from './define-relabel.ts';
import type { Proposal, RelabelStrategy } from './relabel.ts';

/** Name of the column that {@link averagedRelabel} reads: the average over epochs of the training-pass probabilities. */
export const AVERAGE_PROBABILITIES = 'averageProbabilities';

/** Options of {@link averagedRelabel}; the defaults come from this project's study on FER2013 and FER+ (docs/methods.md). */
export interface AveragedRelabelOptions {
  /** A sample whose best class leads its given label by more takes that class. Default 0.8. */
  readonly edit?: number;
  /** A sample whose best class leads by more, yet not by `edit`, leaves the loss. Default 0.1. */
  readonly drop?: number;
  /** Exponent tau of the class-prior adjustment q' ~ q / (mean of q)^tau, which saves the rare classes. Default 0.5; 0 is none. */
  readonly priorAdjustment?: number;
  /** First epoch, 1-based. Default: after a third of the run. */
  readonly start?: number;
  /** At most this share of the samples given one class may leave it, by edit or drop; the strongest margins first. Default 0.6. */
  readonly maxClassShare?: number;
}

/**
 * Cautious, reversible relabelling: drop when in doubt, edit when sure.
 *
 * At the end of every epoch each sample is judged anew, on its averaged probabilities, against the label as it was given;
 * what no longer holds is restored. So edits cannot feed on each other, and a dropped sample, still forwarded, can return.
 *
 * @throws OptionError where thresholds are not 0 <= drop <= edit <= 1, or a share is outside (0, 1].
 * @example const relabel = averagedRelabel({ edit: 0.9 });
 */
export function averagedRelabel({ edit = 0.8, drop = 0.1, priorAdjustment = 0.5, start, maxClassShare = 0.6 }: AveragedRelabelOptions = {}): RelabelStrategy {
  if (!(drop >= 0 && drop <= edit && edit <= 1)) throw new OptionError(`averagedRelabel: takes 0 <= drop <= edit <= 1, got drop ${drop}, edit ${edit}`);
  if (!(maxClassShare > 0 && maxClassShare <= 1)) throw new OptionError(`averagedRelabel: maxClassShare ${maxClassShare} is outside (0, 1]`);
  return {
    name: 'averaged',
    options: { edit, drop, priorAdjustment, start: start ?? null, maxClassShare },
    when: 'epoch',
    propose: (rows) => {
      if (rows.epoch < (start ?? defaultStart(rows.epochs))) return [];
      const n = rows.samples.length;
      const q = adjustPrior(rows.remembered[AVERAGE_PROBABILITIES]!, n, rows.classes, priorAdjustment);
      const judged = Array.from({ length: n }, (_, i) => judge(q, i, rows.classes, rows.given[i]!));
      const leaving = strongest(judged, rows.given, rows.classes, drop, maxClassShare);
      const proposals: Proposal[] = [];
      for (let i = 0; i < n; i++) {
        const sample = rows.samples[i]!;
        const { best, score } = judged[i]!;
        const changed = rows.current[i] !== rows.given[i] || rows.dropped[i] === 1;
        if (!leaving.has(i)) {
          if (changed) proposals.push({ sample, to: 'restore', score, reason: `lead ${score.toFixed(3)} no longer speaks against the given label` });
        } else if (score > edit) {
          if (rows.current[i] !== best || rows.dropped[i]) proposals.push({ sample, to: best, score, reason: `averaged lead ${score.toFixed(3)} > ${edit}` });
        } else if (!rows.dropped[i]) {
          proposals.push({ sample, to: 'drop', score, reason: `averaged lead ${score.toFixed(3)} > ${drop}` });
        }
      }
      return proposals;
    },
  };
}

/** q / (column mean + 1e-4)^tau, rows normalized again. */
function adjustPrior(q: Float32Array, n: number, classes: number, tau: number): Float64Array {
  const adjusted = Float64Array.from(q);
  if (tau === 0) return adjusted;
  const factor = Array.from({ length: classes }, (_, c) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += q[i * classes + c]!;
    return 1 / portablePow(sum / n + 1e-4, tau);
  });
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += adjusted[i * classes + c]! *= factor[c]!;
    if (sum > 0) for (let c = 0; c < classes; c++) adjusted[i * classes + c]! /= sum;
  }
  return adjusted;
}

/** Best class of a row and its lead over the given label. */
function judge(q: Float64Array, i: number, classes: number, given: number): { best: number; score: number } {
  let best = 0;
  for (let c = 1; c < classes; c++) if (q[i * classes + c]! > q[i * classes + best]!) best = c;
  return { best, score: q[i * classes + best]! - q[i * classes + given]! };
}

/** Rows that leave their given label, at most a share of each class. */
function strongest(judged: readonly { score: number }[], given: Int32Array, classes: number, threshold: number, share: number): Set<number> {
  const perClass: number[][] = Array.from({ length: classes }, () => []);
  const total = new Int32Array(classes);
  judged.forEach(({ score }, i) => {
    total[given[i]!]!++;
    if (score > threshold) perClass[given[i]!]!.push(i);
  });
  return new Set(
    perClass.flatMap((rows, c) =>
      rows.sort((a, b) => judged[b]!.score - judged[a]!.score || a - b).slice(0, Math.floor(share * total[c]!)),
    ),
  );
}
