import { exportChanges, predictedLabels } from '@selfcure/core';
import type { LabelChange, LedgerData, TrainState } from '@selfcure/core';
import type { Workers } from '@selfcure/tensor';
import { parse } from 'csv-parse/sync';
import { RunFolderError } from '../errors.ts';
import { writeCsv } from './csv.ts';
import type { Cell } from './csv.ts';
import type { FileStore } from './file-store.ts';
import { runFiles } from './names.ts';

/** Columns of `labels.csv`. */
const columns = [
  'sample',
  'given',
  'current',
  'dropped',
  'true',
  'predicted',
  'importance',
  'p_given',
  'p_max',
  'mean_p_given',
  'changes',
] as const;

/** What the tables of labels need beside the state of the run. */
export interface SampleFacts {
  /** Number of each sample in DATA; -1 for one that another worker trains on. */
  readonly ids: Int32Array;
  /** True labels, -1 where unknown; null where none is known. */
  readonly truth: Int32Array | null;
  readonly classes: readonly string[];
}

const alone: Workers = { index: 0, count: 1 };

/** Whether a worker trains on the sample at a position: those of the shards that it holds. */
const isOwn = (position: number, { index, count }: Workers): boolean => position % count === index;

/** The same facts with those of other workers' samples left out. */
export function ownSamples({ ids, truth, classes }: SampleFacts, workers: Workers = alone): SampleFacts {
  const own = (values: Int32Array): Int32Array =>
    values.map((value, position) => (isOwn(position, workers) ? value : -1));
  return { ids: own(ids), truth: truth && own(truth), classes };
}

/** Six significant digits: enough for evidence, and the same text for the same bits. */
const short = (value: number | undefined): number | null => (value === undefined ? null : Number(value.toPrecision(6)));

/** `labels.csv`: every sample with its given and current label and what the last training pass said of it. */
export function labelsCsv(
  { ledger, memory }: Pick<TrainState, 'ledger' | 'memory'>,
  { ids, truth, classes }: SampleFacts,
): string {
  const count = classes.length;
  const p = memory['probabilities']!;
  const predicted = predictedLabels(p, count);
  const changes = countChanges(ledger, ids.length);
  const rows = [...ids].flatMap((id, k): Cell[][] => {
    if (id < 0) return [];
    const passed = memory['passes']![k]! > 0;
    const row = p.subarray(k * count, (k + 1) * count);
    const cells: Cell[] = [
      id,
      classes[ledger.given[k]!]!,
      classes[ledger.current[k]!]!,
      ledger.dropped[k]!,
      truth && truth[k]! >= 0 ? classes[truth[k]!]! : null,
      ...(passed
        ? [
            classes[predicted[k]!]!,
            short(memory['importance']?.[k]),
            short(row[ledger.given[k]!]),
            short(Math.max(...row)),
            short(memory['meanGivenProbability']![k]),
          ]
        : [null, null, null, null, null]),
      changes[k]!,
    ];
    return [cells];
  });
  return writeCsv([columns, ...rows]);
}

function countChanges(ledger: LedgerData, size: number): Int32Array {
  const counts = new Int32Array(size);
  for (const { sample } of ledger.log) counts[sample]!++;
  return counts;
}

/** The log with the numbers that the samples have in DATA. */
export function changesOf(log: readonly LabelChange[], ids: Int32Array): LabelChange[] {
  return log.map((change) => ({ ...change, sample: ids[change.sample]! }));
}

/** The log of a ledger as `changes.csv` or `changes.jsonl`. */
export function changesTable(
  ledger: LedgerData,
  { ids, classes }: Pick<SampleFacts, 'ids' | 'classes'>,
  format: 'csv' | 'jsonl',
): string {
  return exportChanges(changesOf(ledger.log, ids), format, classes);
}

/** Writes `labels.csv`, `changes.csv` and `changes.jsonl`. */
export async function writeLabelTables(
  store: FileStore,
  state: Pick<TrainState, 'ledger' | 'memory'>,
  facts: SampleFacts,
): Promise<void> {
  await Promise.all([
    store.set(runFiles.labels, labelsCsv(state, facts)),
    store.set(runFiles.changesCsv, changesTable(state.ledger, facts, 'csv')),
    store.set(runFiles.changesJsonl, changesTable(state.ledger, facts, 'jsonl')),
  ]);
}

/**
 * What `labels.csv` holds that the state of the run does not: numbers of the samples and true labels.
 *
 * @throws RunFolderError where the file is missing or does not belong to the run.
 */
export async function readSampleFacts(
  store: FileStore,
  classes: readonly string[],
  size: number,
  workers: Workers = alone,
): Promise<SampleFacts> {
  const bytes = await store.get(runFiles.labels);
  if (!bytes)
    throw new RunFolderError(
      `${store.folder} has no ${runFiles.labels}. Run the 'selfcure train' command of this run again: it writes the file anew`,
    );
  const rows = parse(Buffer.from(bytes), { columns: true, skip_empty_lines: true }) as Record<string, string>[];
  const own = [...Array(size).keys()].filter((position) => isOwn(position, workers));
  if (rows.length !== own.length)
    throw new RunFolderError(
      `${store.folder}: ${runFiles.labels} has ${rows.length} samples, the run has ${own.length}. Restore the file`,
    );
  const ids = new Int32Array(size).fill(-1);
  const truth = new Int32Array(size).fill(-1);
  own.forEach((position, i) => {
    ids[position] = Number(rows[i]!['sample']);
    truth[position] = classes.indexOf(rows[i]!['true'] ?? '');
  });
  return {
    ids,
    truth: truth.some((label) => label >= 0) ? truth : null,
    classes,
  };
}
