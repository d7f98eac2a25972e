import type { RelabelQuality, Run } from '@selfcure/core';
import { duration, percent } from '../output/format.ts';
import type { RunManifest, TestFigures } from '../run-folder/manifest.ts';

/** The end of a run in a few lines. */
export function summaryLines(run: Run, manifest: RunManifest): string[] {
  const seconds = run.history.epochs.reduce((sum, log) => sum + log['seconds']!, 0);
  const last = run.history.last();
  return [
    `Trained ${run.history.epochs.length} epochs in ${duration(seconds)}; last training accuracy against current labels ${percent(last?.['accuracy'])}.`,
    ...(manifest.test ? [testLine(manifest.test)] : []),
    ...(run.ledger.changes().length > 0 || manifest.relabelling ? [relabelLine(run, manifest.relabelling)] : []),
  ];
}

/** A test in one line. */
export function testLine(test: TestFigures): string {
  return (
    `Test on ${test.size} samples of ${test.data}: accuracy ${percent(test.accuracy)}, balanced ${percent(test.balancedAccuracy)}, ` +
    `macro F1 ${test.macroF1.toFixed(3)}, calibration error ${test.calibrationError.toFixed(3)}.`
  );
}

function relabelLine({ ledger }: Run, quality: RelabelQuality | null): string {
  const edited = ledger.current.reduce((sum, label, sample) => sum + (label !== ledger.given[sample] ? 1 : 0), 0);
  const out = ledger.dropped.reduce((sum, one) => sum + one, 0);
  const standing = `Labels: ${edited} edited, ${out} left out of the loss.`;
  if (!quality) return standing;
  return (
    `${standing} Where the truth is known: ${quality.mended} mended, ${quality.broken} broken; ` +
    `wrong labels ${percent(quality.noiseBefore)} -> ${percent(quality.noiseAfter)}` +
    `${quality.droppedWrongShare === null ? '' : `; ${percent(quality.droppedWrongShare)} of those left out are wrong`}.`
  );
}
