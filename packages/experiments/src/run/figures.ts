import { noiseDetection, predictedLabels, relabelQuality } from '@selfcure/core';
import type { Evaluation, Run } from '@selfcure/core';
import type { Figures } from '../spec/run-spec.ts';
import type { CorrectionName } from './corrections.ts';
import { labelFigures } from './label-figures.ts';

/** Numbers of a finished run against the true labels of its training data, over the samples that no person has verified. Shares are in [0, 1]. */
export function figuresOf({
  run,
  test,
  best,
  corrected,
  truth,
}: {
  readonly run: Run;
  /** Of the last epoch, and of the best by validation. */
  readonly test: Evaluation;
  readonly best: Evaluation | null;
  /** After each correction by verified labels; null where none is verified. */
  readonly corrected: Readonly<Record<CorrectionName, Evaluation>> | null;
  readonly truth: Int32Array;
}): Figures {
  const { ledger, rows, history } = run;
  // What a person has verified is no edit of the recipe's, and probes were never learned.
  const unverified = truth.map((label, i) => (ledger.verified[i] ? -1 : label));
  const { given, current, dropped } = ledger;
  const quality = relabelQuality({ given, current, truth: unverified, dropped });
  const predicted = predictedLabels(rows.probabilities, rows.classes);
  const seen = [...rows.samples].filter((i) => rows.passes[i]! > 0);
  const wrong = seen.filter((i) => unverified[i]! >= 0 && unverified[i] !== rows.given[i]);
  const edits = quality.edits > 0 ? quality : { precision: null, recall: null, harm: null };
  return {
    ...testFigures(test),
    ...Object.fromEntries(
      Object.entries(corrected ?? {}).flatMap(([name, evaluation]) =>
        Object.entries(testFigures(evaluation)).map(([figure, value]) => [`${name}/${figure}`, value]),
      ),
    ),
    'best/accuracy': best && best.accuracy,
    'best/balancedAccuracy': best && best.balancedAccuracy,
    'best/epoch': run.best && run.best.epoch,
    validationAccuracy: history.last()?.['validation/accuracy'] ?? null,
    memorized: wrong.length === 0 ? null : wrong.filter((i) => predicted[i] === rows.given[i]).length / wrong.length,
    noiseBefore: quality.noiseBefore,
    noiseAfter: quality.noiseAfter,
    edits: quality.edits,
    precision: edits.precision,
    recall: edits.recall,
    harm: edits.harm,
    dropped: quality.dropped,
    droppedWrong: quality.droppedWrongShare,
    ...Object.fromEntries(
      Object.entries(noiseDetection(rows, unverified)).flatMap(
        ([name, { auroc: area, averagePrecision: precision }]) => [
          [`auroc/${name}`, area],
          [`ap/${name}`, precision],
        ],
      ),
    ),
    ...labelFigures(run, truth),
    seconds: history.series('seconds').reduce((sum, seconds) => sum + seconds, 0),
  };
}

const testFigures = ({
  accuracy,
  balancedAccuracy,
  macroF1,
  calibrationError,
  negativeLogLikelihood,
}: Evaluation): Figures => ({ accuracy, balancedAccuracy, macroF1, calibrationError, negativeLogLikelihood });
