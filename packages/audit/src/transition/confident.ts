import { checkJudged } from '../predictions.ts';
import type { JudgedSamples } from '../predictions.ts';
import { normalizeRows, zeros } from './transition.ts';
import type { TransitionEstimate } from './transition.ts';

/**
 * Transition matrix without verified labels, from the confident joint (Northcutt et al. 2021, section 3.1): a sample counts for the class whose probability
 * reaches that class's average over the samples that carry its label, the most likely of several; counts of a given label are scaled to its number of samples.
 *
 * It is as good as the network that gave the probabilities: where that has memorized wrong labels, it finds too few of them.
 *
 * @throws OptionError where arrays do not fit or hold no probabilities.
 * @example const { matrix } = confidentTransition({ classes: 7, given: data.labels, probabilities });
 */
export function confidentTransition(samples: JudgedSamples): TransitionEstimate {
  checkJudged('confidentTransition', samples);
  const { classes, given, probabilities } = samples;
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
  return {
    matrix: normalizeRows(byTrueClass),
    standardError: null,
    trueShare: byTrueClass.map((row) => row.reduce((sum, value) => sum + value, 0) / given.length),
    basis: `the confident joint of ${counted} of ${given.length} samples; no label is verified, so nothing says how far off it is`,
  };
}
