import { OptionError } from '../errors.ts';
import { checkStart } from './check-start.ts';
import { argmax } from '../metric/argmax.ts';
import { portablePow } from '../random/portable-math.ts';
import { defaultStart } from './default-start.ts';
import type { Proposal, RelabelStrategy } from './relabel.ts';

const column = 'averageProbabilities';

/** Options of {@link averagedRelabel}; the defaults come from this project's study on FER2013 and FER+ (docs/methods.md). */
export interface AveragedRelabelOptions {
  /** A sample whose best class leads its given label by more takes that class. Default 0.9. */
  readonly edit?: number;
  /** A sample whose best class leads by more, yet not by `edit`, leaves the loss. Default 0.1. */
  readonly drop?: number;
  /** Exponent tau of the class-prior adjustment q' ~ q / (mean of q)^tau, which saves the rare classes. Default 0.5; 0 is none. */
  readonly priorAdjustment?: number;
  /** First epoch, 1-based. Default: after a third of the run. */
  readonly start?: number;
  /** At most this share of the samples given one class may leave it, by edit or drop; the strongest margins first. Default 0.6. */
  readonly maxClassShare?: number;
  /** Decay of the average over epochs. Default 0.7. */
  readonly decay?: number;
}

/**
 * Cautious, reversible relabelling: drop when in doubt, edit when sure.
 *
 * At the end of every epoch each sample is judged anew, on its averaged probabilities, against the label as it was given;
 * what no longer holds is restored. So edits cannot feed on each other, and a dropped sample, still forwarded, can return.
 *
 * @throws OptionError where thresholds are not 0 <= drop <= edit <= 1, or a share is outside (0, 1].
 * @example const relabel = averagedRelabel({ edit: 0.8 });
 */
export function averagedRelabel({
  edit = 0.9,
  drop = 0.1,
  priorAdjustment = 0.5,
  start,
  maxClassShare = 0.6,
  decay = 0.7,
}: AveragedRelabelOptions = {}): RelabelStrategy {
  if (!(drop >= 0 && drop <= edit && edit <= 1))
    throw new OptionError(`averagedRelabel: takes 0 <= drop <= edit <= 1, got drop ${drop}, edit ${edit}`);
  if (!(maxClassShare > 0 && maxClassShare <= 1))
    throw new OptionError(`averagedRelabel: maxClassShare ${maxClassShare} is outside (0, 1]`);
  if (!(priorAdjustment >= 0 && priorAdjustment <= 1))
    throw new OptionError(`averagedRelabel: priorAdjustment ${priorAdjustment} is outside [0, 1]`);
  if (!(decay >= 0 && decay < 1)) throw new OptionError(`averagedRelabel: decay ${decay} is outside [0, 1)`);
  checkStart('averagedRelabel', start);
  return {
    name: 'averaged',
    options: { edit, drop, priorAdjustment, start: start ?? null, maxClassShare, decay },
    when: 'epoch',
    remember: [{ name: column, width: 'classes', source: 'probabilities', average: decay }],
    propose: (rows) => {
      if (rows.epoch < (start ?? defaultStart(rows.epochs))) return [];
      const n = rows.samples.length;
      const q = adjustPrior(rows.remembered[column]!, n, rows.classes, priorAdjustment);
      const judged = Array.from({ length: n }, (_, i) => judge(q, i, rows.classes, rows.given[i]!));
      const judgeable = (i: number): boolean => !rows.verified[i] && rows.passes[i]! > 0;
      const leaving = strongest(judged, judgeable, rows.given, rows.classes, drop, maxClassShare);
      const proposals: Proposal[] = [];
      for (let i = 0; i < n; i++) {
        if (!judgeable(i)) continue;
        const { best, score, pGiven, pMax } = judged[i]!;
        const evidence = { sample: rows.samples[i]!, score, pGiven, pMax };
        const lead = `averaged lead ${score.toFixed(3)}`;
        if (!leaving.has(i)) {
          const changed = rows.current[i] !== rows.given[i] || rows.dropped[i] === 1;
          const why =
            score > drop
              ? `${lead}, but over ${maxClassShare} of its class would leave`
              : `${lead}: no longer against the given label`;
          if (changed) proposals.push({ ...evidence, to: 'restore', reason: why });
        } else if (score > edit) {
          if (rows.current[i] !== best || rows.dropped[i])
            proposals.push({ ...evidence, to: best, reason: `${lead} > ${edit}` });
        } else if (!rows.dropped[i]) {
          proposals.push({ ...evidence, to: 'drop', reason: `${lead} > ${drop}` });
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

/** What the probabilities of a row say: best class, its probability, that of the given label, and the lead. */
interface Judgement {
  readonly best: number;
  readonly pGiven: number;
  readonly pMax: number;
  readonly score: number;
}

function judge(q: Float64Array, i: number, classes: number, given: number): Judgement {
  const best = argmax(q, i * classes, classes);
  const pGiven = q[i * classes + given]!;
  const pMax = q[i * classes + best]!;
  return { best, pGiven, pMax, score: pMax - pGiven };
}

/** Rows that leave their given label, at most a share of each class. */
function strongest(
  judged: readonly Judgement[],
  judgeable: (i: number) => boolean,
  given: Int32Array,
  classes: number,
  threshold: number,
  share: number,
): Set<number> {
  const perClass: number[][] = Array.from({ length: classes }, () => []);
  const total = new Int32Array(classes);
  judged.forEach(({ score }, i) => {
    total[given[i]!]!++;
    if (score > threshold && judgeable(i)) perClass[given[i]!]!.push(i);
  });
  return new Set(
    perClass.flatMap((rows, c) =>
      rows.sort((a, b) => judged[b]!.score - judged[a]!.score || a - b).slice(0, Math.floor(share * total[c]!)),
    ),
  );
}
