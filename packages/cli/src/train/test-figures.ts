import type { Evaluation } from '@selfcure/core';
import type { TestFigures } from '../run-folder/manifest.ts';

/** An evaluation as plain data. */
export function testFigures(data: string, evaluation: Evaluation, classes: number): TestFigures {
  const { size, accuracy, balancedAccuracy, macroF1, calibrationError, negativeLogLikelihood, confusion } = evaluation;
  return {
    data,
    size,
    accuracy,
    balancedAccuracy,
    macroF1,
    calibrationError,
    negativeLogLikelihood,
    confusion: Array.from({ length: classes }, (_, row) =>
      Array.from(confusion.subarray(row * classes, (row + 1) * classes)),
    ),
  };
}
