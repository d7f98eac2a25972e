import type { RunWarning } from '../callback/callback.ts';
import type { EpochLog } from '../callback/history.ts';
import type { CommitSummary, LabelLedger } from '../ledger/label-ledger.ts';

/** Counts over labels that add up over workers: `edited`, `out`, `wrong` and `known` (of those in the loss whose truth is known), `class/<k>`. */
export type LabelCounts = Readonly<Record<string, number>>;

/** Counts over the current labels of some samples. */
export function countLabels(
  { current, given, dropped, classes }: Pick<LabelLedger, 'given' | 'current' | 'dropped' | 'classes'>,
  samples: readonly Int32Array[],
  truth?: Int32Array,
): LabelCounts {
  const counts: Record<string, number> = { edited: 0, out: 0, wrong: 0, known: 0 };
  for (let label = 0; label < classes; label++) counts[`class/${label}`] = 0;
  for (const ids of samples) {
    for (const sample of ids) {
      counts[`class/${current[sample]}`]!++;
      if (dropped[sample]) {
        counts['out']!++;
        continue;
      }
      if (current[sample] !== given[sample]) counts['edited']!++;
      if (!truth || truth[sample]! < 0) continue;
      counts['known']!++;
      if (current[sample] !== truth[sample]) counts['wrong']!++;
    }
  }
  return counts;
}

/** What an epoch's label changes amount to, for its log. */
export function labelLog(commit: CommitSummary, counts: LabelCounts): Record<string, number> {
  const noise = noiseOf(counts);
  return {
    ...commit,
    edited: counts['edited']!,
    out: counts['out']!,
    largestClass: largestClass(counts).share,
    ...(noise !== undefined && { noise }),
  };
}

/**
 * Signs that relabelling harms: it breaks labels that a person has verified, it raises the noise where truth is known,
 * or one class swallows the others. Each kind warns once a run.
 *
 * @param logs of all epochs so far.
 * @param counts over the labels as they stand.
 */
export function watchRelabelling(
  ledger: LabelLedger,
  logs: readonly EpochLog[],
  counts: LabelCounts,
  truth?: Int32Array,
): RunWarning[] {
  const warnings: RunWarning[] = [];
  const log = logs.at(-1)!;
  const everyone = Int32Array.from(ledger.given.keys());
  const given = countLabels(
    { ...ledger, current: ledger.given, dropped: new Uint8Array(ledger.size) },
    [everyone],
    truth,
  );
  const verified = ledger.verified.reduce((sum, one) => sum + one, 0);
  const first = (name: string, is: (value: number) => boolean): boolean =>
    is(log[name] ?? 0) && !logs.slice(0, -1).some((one) => is(one[name] ?? 0));
  const advice = 'Try cure(), a later start or a larger margin';

  if (verified > 0 && first('refused', (refused) => refused > 0.05 * verified)) {
    warnings.push({
      code: 'refused-edits',
      epoch: log.epoch,
      message: `the relabel strategy wants to change ${log['refused']} of ${verified} verified labels. ${advice}`,
    });
  }
  const noise = noiseOf(given);
  if (noise !== undefined && first('noise', (now) => now > noise + 0.005)) {
    warnings.push({
      code: 'relabel-feedback',
      epoch: log.epoch,
      message: `relabelling raised the share of wrong labels from ${percent(noise)} to ${percent(log['noise']!)}. ${advice}`,
    });
  }
  const largest = largestClass(given);
  if (first('largestClass', (share) => share > largest.share + 0.1)) {
    const now = largestClass(counts);
    warnings.push({
      code: 'largest-class',
      epoch: log.epoch,
      message: `relabelling grew class ${now.label} to ${percent(now.share)} of the labels (the largest given one: ${percent(largest.share)}). ${advice}`,
    });
  }
  return warnings;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Share of wrong labels among those in the loss whose truth is known; undefined where there are none. */
const noiseOf = (counts: LabelCounts): number | undefined =>
  counts['known'] ? counts['wrong']! / counts['known'] : undefined;

function largestClass(counts: LabelCounts): { label: number; share: number } {
  const classes = Object.keys(counts).flatMap((name) => (name.startsWith('class/') ? [counts[name]!] : []));
  const largest = Math.max(...classes);
  return { label: classes.indexOf(largest), share: largest / classes.reduce((sum, count) => sum + count) };
}
