import type { RunWarning } from '../callback/callback.ts';
import type { EpochLog } from '../callback/history.ts';
import type { CommitSummary, LabelLedger } from '../ledger/label-ledger.ts';

/** What an epoch's label changes amount to, for its log. */
export function labelLog(ledger: LabelLedger, commit: CommitSummary, truth?: Int32Array): Record<string, number> {
  let edited = 0;
  let out = 0;
  ledger.current.forEach((label, sample) => {
    if (ledger.dropped[sample]) out++;
    else if (label !== ledger.given[sample]) edited++;
  });
  const noise = truth && noiseOf(ledger.current, truth, ledger.dropped);
  const largestClass = largestShare(ledger.current, ledger.classes).share;
  return { ...commit, edited, out, largestClass, ...(noise !== undefined && { noise }) };
}

/**
 * Signs that relabelling harms: it breaks labels that a person has verified, it raises the noise where truth is known,
 * or one class swallows the others. Each kind warns once a run.
 */
export function watchRelabelling(
  ledger: LabelLedger,
  history: readonly EpochLog[],
  log: EpochLog,
  truth?: Int32Array,
): RunWarning[] {
  const warnings: RunWarning[] = [];
  const first = (name: string, is: (value: number) => boolean): boolean =>
    is(log[name] ?? 0) && !history.slice(0, -1).some((one) => is(one[name] ?? 0));
  const advice = 'Try cure(), a later start or a larger margin';

  const verified = ledger.verified.reduce((sum, one) => sum + one, 0);
  if (verified > 0 && first('refused', (refused) => refused > 0.05 * verified)) {
    warnings.push({
      code: 'refused-edits',
      epoch: log.epoch,
      message: `the relabel strategy wants to change ${log['refused']} of ${verified} verified labels. ${advice}`,
    });
  }
  const noise = truth && noiseOf(ledger.given, truth);
  if (noise !== undefined && first('noise', (now) => now > noise + 0.005)) {
    warnings.push({
      code: 'relabel-feedback',
      epoch: log.epoch,
      message: `relabelling raised the share of wrong labels from ${percent(noise)} to ${percent(log['noise']!)}. ${advice}`,
    });
  }
  const given = largestShare(ledger.given, ledger.classes);
  if (first('largestClass', (share) => share > given.share + 0.1)) {
    const now = largestShare(ledger.current, ledger.classes);
    warnings.push({
      code: 'largest-class',
      epoch: log.epoch,
      message: `relabelling grew class ${now.label} to ${percent(now.share)} of the labels (the largest given one: ${percent(given.share)}). ${advice}`,
    });
  }
  return warnings;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Share of wrong labels among those whose truth is known and that are not dropped; undefined where there are none. */
function noiseOf(labels: Int32Array, truth: Int32Array, dropped?: Uint8Array): number | undefined {
  let wrong = 0;
  let known = 0;
  labels.forEach((label, sample) => {
    if (truth[sample]! < 0 || dropped?.[sample]) return;
    known++;
    if (label !== truth[sample]) wrong++;
  });
  return known ? wrong / known : undefined;
}

function largestShare(labels: Int32Array, classes: number): { label: number; share: number } {
  const counts = new Int32Array(classes);
  labels.forEach((label) => counts[label]!++);
  const largest = Math.max(...counts);
  return { label: counts.indexOf(largest), share: largest / labels.length };
}
