import { leastVerified } from '@selfcure/audit';
import type { GateCount, RelabelQuality, Run } from '@selfcure/core';
import { duration, percent } from '../output/format.ts';
import type { RunManifest, TestFigures, TrustedFacts } from '../run-folder/manifest.ts';

/** The end of a run in a few lines. */
export function summaryLines(run: Run, manifest: RunManifest): string[] {
  const seconds = run.history.epochs.reduce((sum, log) => sum + log['seconds']!, 0);
  const last = run.history.last();
  return [
    `Trained ${run.history.epochs.length} epochs in ${duration(seconds)}; last training accuracy against current labels ${percent(last?.['accuracy'])}.`,
    ...(manifest.test ? [testLine(manifest.test)] : []),
    ...(manifest.trusted ? trustedLines(manifest.trusted) : []),
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

/** What verified labels gave the run. */
function trustedLines({ random, chosen, measure, gate, recalibrated }: TrustedFacts): string[] {
  const lines = [
    measure
      ? `Verified labels: ${random} chosen at random measure and do not teach${chosen > 0 ? `, ${chosen} others teach` : ''}.`
      : `Verified labels: ${random + chosen} teach; from ${leastVerified} chosen at random on, those measure.`,
  ];
  const last = gate.at(-1);
  if (last) {
    const kind = (name: string, { tried, right, low, open }: GateCount): string =>
      `${name} ${open ? 'passed' : 'were held back'} (${right} of ${tried} right on verified samples, at least ${percent(low)})`;
    lines.push(`Gate in epoch ${last.epoch}: ${kind('edits', last.edits)}; ${kind('drops', last.drops)}.`);
  }
  if (recalibrated) {
    const after = ({ accuracy, balancedAccuracy }: TestFigures): string =>
      `${percent(accuracy)} (balanced ${percent(balancedAccuracy)})`;
    lines.push(
      `Test after corrections on these labels: class offsets ${after(recalibrated.offsets)}, matrix scaling ${after(recalibrated.matrix)}; see evaluate --recalibrate.`,
    );
  }
  return lines;
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
