import type { LabelChange } from './label-ledger.ts';

/**
 * Label changes as CSV with a header, or one JSON object a line.
 *
 * @param classNames written in place of labels where given.
 * @example writeFileSync('changes.csv', exportChanges(run.ledger.changes(), 'csv', data.classes));
 */
export function exportChanges(
  log: readonly LabelChange[],
  format: 'csv' | 'jsonl',
  classNames?: readonly string[],
): string {
  const named = (label: number): string | number => classNames?.[label] ?? label;
  if (format === 'jsonl')
    return log
      .map((change) => `${JSON.stringify({ ...change, from: named(change.from), to: named(change.to) })}\n`)
      .join('');
  const quote = (value: string | number | null): string => {
    const text = value === null ? '' : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const header = 'epoch,step,sample,kind,from,to,importance,p_given,p_max,score,strategy,reason';
  const lines = log.map((c) =>
    [
      c.epoch,
      c.step,
      c.sample,
      c.kind,
      named(c.from),
      named(c.to),
      c.importance,
      c.pGiven,
      c.pMax,
      c.score,
      c.strategy,
      c.reason,
    ]
      .map(quote)
      .join(','),
  );
  return `${[header, ...lines].join('\n')}\n`;
}
