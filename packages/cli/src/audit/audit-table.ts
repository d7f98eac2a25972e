import type { Audit } from '@selfcure/audit';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { writeCsv } from '../run-folder/csv.ts';
import type { Cell } from '../run-folder/csv.ts';

/** A column of the table: its name, its type in Parquet, one value a row. */
interface Column {
  readonly name: string;
  readonly type: 'INT32' | 'DOUBLE' | 'STRING';
  readonly values: readonly Cell[];
}

/** What the table of an audit is made of. */
export interface AuditTableInput {
  readonly audit: Audit;
  /** Numbers of the samples in DATA. */
  readonly ids: Int32Array;
  /** True labels, -1 where unknown; null where none is known. */
  readonly truth: Int32Array | null;
  /** Verified labels, -1 elsewhere; null where none is. */
  readonly verified: Int32Array | null;
}

/** Six significant digits: enough to rank by, and the same text for the same bits. */
const short = (value: number): number => Number(value.toPrecision(6));

/**
 * A row a sample: the ranked ones first, the most suspicious at the top, then those whose label is verified. Scores stand as larger for more
 * suspicious, but for `p_given` and `importance`, which stand as they are.
 */
function columnsOf({ audit, ids, truth, verified }: AuditTableInput): Column[] {
  const { classes, given, order, suggested, verdicts, suspicion, scores } = audit;
  const ranked = new Set(order);
  const samples = [...order, ...[...given.keys()].filter((i) => !ranked.has(i))];
  const label = (of: Int32Array): Cell[] => samples.map((i) => (of[i]! >= 0 ? classes[of[i]!]! : null));
  const number = (of: ArrayLike<number>, sign: 1 | -1 = 1): Cell[] => samples.map((i) => short(sign * of[i]!));
  return [
    { name: 'rank', type: 'INT32', values: samples.map((_, place) => (place < order.length ? place + 1 : null)) },
    { name: 'sample', type: 'INT32', values: samples.map((i) => ids[i]!) },
    { name: 'given', type: 'STRING', values: label(given) },
    { name: 'suggested', type: 'STRING', values: label(suggested) },
    { name: 'verdict', type: 'STRING', values: samples.map((i) => verdicts[i]!) },
    { name: 'suspicion', type: 'DOUBLE', values: number(suspicion) },
    { name: 'posterior', type: 'DOUBLE', values: number(scores.posterior) },
    {
      name: 'p_given',
      type: 'DOUBLE',
      values: samples.map((i) => short(audit.evidence.probabilities[i * classes.length + given[i]!]!)),
    },
    { name: 'margin', type: 'DOUBLE', values: number(scores.margin!) },
    { name: 'loss', type: 'DOUBLE', values: number(scores.loss!) },
    ...(scores.importance
      ? [{ name: 'importance', type: 'DOUBLE' as const, values: number(scores.importance, -1) }]
      : []),
    ...(scores.foldDisagreement
      ? [{ name: 'fold_disagreement', type: 'DOUBLE' as const, values: number(scores.foldDisagreement) }]
      : []),
    ...(verified ? [{ name: 'verified', type: 'STRING' as const, values: label(verified) }] : []),
    ...(truth ? [{ name: 'true', type: 'STRING' as const, values: label(truth) }] : []),
  ];
}

/** The table of an audit as CSV, JSON lines and Parquet. */
export function auditTables(input: AuditTableInput): { csv: string; jsonl: string; parquet: Uint8Array } {
  const columns = columnsOf(input);
  const names = columns.map(({ name }) => name);
  const rows = columns[0]!.values.map((_, i) => columns.map(({ values }) => values[i]!));
  return {
    csv: writeCsv([names, ...rows]),
    jsonl: rows
      .map((row) => `${JSON.stringify(Object.fromEntries(row.map((cell, c) => [names[c]!, cell])))}\n`)
      .join(''),
    parquet: new Uint8Array(
      parquetWriteBuffer({ columnData: columns.map(({ name, type, values }) => ({ name, type, data: [...values] })) }),
    ),
  };
}
