import { argmax } from './argmax.ts';
import { checkLabels, checkLengths, checkNumbers, checkWhole } from './check.ts';

/**
 * The label of the largest element of every row; the lowest one among equals.
 *
 * @param probabilities n x classes, row-major: probabilities, logits or any other scores.
 * @returns one label in [0, classes) a row. Length n.
 * @throws OptionError where an element is NaN or the length is no multiple of `classes`.
 * @example predictedLabels([0.2, 0.8, 0.5, 0.5], 2) // [1, 0]
 */
export function predictedLabels(probabilities: ArrayLike<number>, classes: number): Int32Array {
  checkWhole('predictedLabels', 'classes', classes, 1);
  const n = Math.ceil(probabilities.length / classes);
  checkLengths('predictedLabels', 'probabilities', probabilities.length, 'rows x classes', n * classes);
  checkNumbers('predictedLabels', 'probabilities', probabilities);
  return Int32Array.from({ length: n }, (_, i) => argmax(probabilities, i * classes, classes));
}

/**
 * How often each class was predicted for each true class.
 *
 * @param truth true labels in [0, classes); samples with -1 are left out.
 * @param predicted predicted labels in [0, classes), one for each of `truth`.
 * @returns classes x classes counts, row-major: rows are true classes, columns predicted ones.
 * @throws OptionError where lengths differ or a label is no class.
 * @example confusionMatrix([0, 0, 1], [0, 1, 1], 2) // [1, 1, 0, 1]
 */
export function confusionMatrix(truth: ArrayLike<number>, predicted: ArrayLike<number>, classes: number): Int32Array {
  checkWhole('confusionMatrix', 'classes', classes, 1);
  checkLengths('confusionMatrix', 'truth', truth.length, 'predicted', predicted.length);
  checkLabels('confusionMatrix', 'truth', truth, classes, -1);
  checkLabels('confusionMatrix', 'predicted', predicted, classes, 0);
  const counts = new Int32Array(classes * classes);
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] !== -1) counts[truth[i]! * classes + predicted[i]!]!++;
  }
  return counts;
}

/** Of each class: samples that have it, samples predicted as it, and both. */
function classCounts(matrix: Int32Array, classes: number): { occurs: number; predicted: number; hits: number }[] {
  return Array.from({ length: classes }, (_, c) => {
    let occurs = 0;
    let predicted = 0;
    for (let other = 0; other < classes; other++) {
      occurs += matrix[c * classes + other]!;
      predicted += matrix[other * classes + c]!;
    }
    return { occurs, predicted, hits: matrix[c * classes + c]! };
  });
}

const meanOf = (values: readonly number[]): number | null =>
  values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;

/**
 * Share of the samples whose predicted label is the true one, in [0, 1]; null where no sample has a true label.
 *
 * Parameters and errors are those of {@link confusionMatrix}.
 *
 * @example accuracy([0, 0, 1], [0, 1, 1], 2) // 2 / 3
 */
export function accuracy(truth: ArrayLike<number>, predicted: ArrayLike<number>, classes: number): number | null {
  const matrix = confusionMatrix(truth, predicted, classes);
  const total = matrix.reduce((sum, count) => sum + count, 0);
  const hits = classCounts(matrix, classes).reduce((sum, count) => sum + count.hits, 0);
  return total ? hits / total : null;
}

/**
 * Recall of every class: the share of its samples that were predicted as it, in [0, 1]; null for a class without samples.
 *
 * Parameters and errors are those of {@link confusionMatrix}.
 *
 * @example perClassRecall([0, 0, 1], [0, 1, 1], 3) // [0.5, 1, null]
 */
export function perClassRecall(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): (number | null)[] {
  const counts = classCounts(confusionMatrix(truth, predicted, classes), classes);
  return counts.map(({ occurs, hits }) => (occurs ? hits / occurs : null));
}

/**
 * Mean of {@link perClassRecall} over the classes that occur in `truth`, in [0, 1]; null where none does.
 *
 * Parameters and errors are those of {@link confusionMatrix}.
 *
 * @example balancedAccuracy([0, 0, 1], [0, 1, 1], 3) // 0.75
 */
export function balancedAccuracy(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): number | null {
  return meanOf(perClassRecall(truth, predicted, classes).filter((recall) => recall !== null));
}

/**
 * Mean over classes of the F1 score 2 hits / (samples of the class + predictions of it), in [0, 1]. It runs over the
 * classes that occur in `truth` or among the predictions for samples with a true label; null where none does.
 *
 * Parameters and errors are those of {@link confusionMatrix}.
 *
 * @example macroF1([0, 1, 2, 0, 1, 2], [0, 2, 1, 0, 0, 1], 3) // 0.8 / 3
 */
export function macroF1(truth: ArrayLike<number>, predicted: ArrayLike<number>, classes: number): number | null {
  const counts = classCounts(confusionMatrix(truth, predicted, classes), classes);
  const present = counts.filter((count) => count.occurs + count.predicted > 0);
  return meanOf(present.map((count) => (2 * count.hits) / (count.occurs + count.predicted)));
}
