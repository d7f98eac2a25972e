import type { EpochLog } from '@selfcure/core';
import { duration } from './format.ts';

/** One epoch as a line of text. */
export function epochLine(log: EpochLog, epochs: number): string {
  const parts = [
    `epoch ${String(log.epoch).padStart(String(epochs).length)}/${epochs}`,
    `loss ${log['loss']!.toFixed(4)}`,
    `accuracy ${log['accuracy']!.toFixed(4)}`,
  ];
  if (log['validation/accuracy'] !== undefined) parts.push(`validation ${log['validation/accuracy'].toFixed(4)}`);
  if (log['importance'] !== undefined) parts.push(`importance ${log['importance'].toFixed(3)}`);
  if (log['edited'] !== undefined) parts.push(`edited ${log['edited']}`, `out ${log['out']}`);
  if (log['noise'] !== undefined) parts.push(`noise ${log['noise'].toFixed(4)}`);
  parts.push(duration(log['seconds']!));
  return parts.join('  ');
}
