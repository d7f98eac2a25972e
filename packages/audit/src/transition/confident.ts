import { checkJudged } from '../predictions.ts';
import type { JudgedSamples } from '../predictions.ts';
import { classShares, normalizeRows, priorRow, zeros } from './transition.ts';
import type { TransitionEstimate, TransitionPrior } from './transition.ts';

/** Options of {@link confidentTransition}. */
export interface ConfidentOptions extends JudgedSamples, TransitionPrior {}

/**
 * Transition matrix without verified labels, from the confident joint (Northcutt et al. 2021, section 3.1): a sample counts for the class whose probability
 * reaches that class's average over the samples that carry its label, the most likely of several; counts of a given label are scaled to its number of samples.
 *
 * A few pseudo-counts keep every confusion possible: without, a posterior could not doubt any label where none was counted.
 *
 * It is as good as the network that gave the probabilities: where that has memorized wrong labels, it finds too few of them. Its standard errors
 * say how much the counts scatter, and nothing of that.
 *
 * @throws OptionError where arrays do not fit or hold no probabilities.
 * @example const { matrix } = confidentTransition({ classes: 7, given: data.labels, probabilities });
 */
export function confidentTransition({ pseudoCounts, diagonal, ...samples }: ConfidentOptions): TransitionEstimate {
  checkJudged('confidentTransition', samples);
  const { classes, given, probabilities } = samples;
  const prior = { ...(pseudoCounts !== undefined && { pseudoCounts }), ...(diagonal !== undefined && { diagonal }) };
  const sums = new Array<number>(classes).fill(0);
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < given.length; i++) {
    sums[given[i]!]! += probabilities[i * classes + given[i]!]!;
    counts[given[i]!]!++;
  }
  const threshold = sums.map((sum, c) => (counts[c]! > 0 ? sum / counts[c]! : Infinity));

  /** Row: given label, column: the class that the sample counts for. */
  const joint = zeros(classes);
  let counted = 0;
  for (let i = 0; i < given.length; i++) {
    let best = -1;
    for (let c = 0; c < classes; c++) {
      const p = probabilities[i * classes + c]!;
      if (p >= threshold[c]! && (best < 0 || p > probabilities[i * classes + best]!)) best = c;
    }
    if (best < 0) continue;
    joint[given[i]!]![best]!++;
    counted++;
  }
  const scaled = normalizeRows(joint).map((row, k) => row.map((share) => share * counts[k]!));
  const byTrueClass = zeros(classes);
  scaled.forEach((row, k) => row.forEach((count, c) => (byTrueClass[c]![k] = count)));
  const shares = classShares(given, classes);
  const matrix = normalizeRows(
    byTrueClass.map((row, c) => {
      const beside = priorRow('confidentTransition', prior, shares, c);
      return row.map((count, k) => count + beside[k]!);
    }),
  );
  return {
    matrix,
    standardError: scatter(joint, scaled, matrix),
    trueShare: byTrueClass.map((row) => row.reduce((sum, value) => sum + value, 0) / given.length),
    basis: `the confident joint of ${counted} of ${given.length} samples; no label is verified, so nothing says how far off the network is`,
  };
}

/**
 * Standard errors of the matrix by the delta method: the counted samples of each given label are multinomial, and the given labels
 * independent of each other.
 */
function scatter(
  joint: readonly (readonly number[])[],
  scaled: readonly (readonly number[])[],
  matrix: readonly (readonly number[])[],
): number[][] {
  return matrix.map((row, c) => {
    const total = scaled.reduce((sum, counts) => sum + counts[c]!, 0);
    // Of the scaled counts in the column of class c, one a given label.
    const variance = joint.map((counts, k) => {
      const counted = counts.reduce((sum, count) => sum + count, 0);
      const samples = scaled[k]!.reduce((sum, count) => sum + count, 0);
      const share = counted > 0 ? counts[c]! / counted : 0;
      return counted > 0 ? (samples * samples * share * (1 - share)) / counted : 0;
    });
    return row.map((value, k) =>
      total > 0
        ? Math.sqrt(variance.reduce((sum, one, j) => sum + ((j === k ? 1 : 0) - value) ** 2 * one, 0)) / total
        : 0,
    );
  });
}
