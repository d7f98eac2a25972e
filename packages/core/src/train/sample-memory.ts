import type { NamedArrays } from '@selfcure/tensor';
import type { LabelLedger } from '../ledger/label-ledger.ts';
import type { Column } from '../method.ts';
import { wholePower } from '../optimizer/optimizer.ts';
import type { SampleRows } from '../relabel/relabel.ts';
import { sourceOf } from './step.ts';

/** Arrays of a memory by name, for checkpoints. */
export type MemoryArrays = Readonly<Record<string, Float32Array | Int32Array | Uint8Array>>;

/** Where in a run rows are read. */
export interface RowsTime {
  readonly epoch: number;
  readonly epochs: number;
}

/** Keeps what the last training pass said about every sample. */
export interface SampleMemory {
  /** Takes over the outputs of one step for the samples of its batch, whose given labels stand in the same order. */
  record(ids: Int32Array, outputs: NamedArrays, given: Int32Array): void;
  /** Rows of a fed column for a batch. */
  fed(column: Column, ids: Int32Array): Float32Array;
  /** Rows of some samples. */
  rows(ids: Int32Array, ledger: LabelLedger, time: RowsTime): SampleRows;
  /** Rows of all samples. */
  all(ledger: LabelLedger, time: RowsTime): SampleRows;
  arrays(): MemoryArrays;
}

/** A memory for N samples; `from` restores what {@link SampleMemory.arrays} gave. */
export function createSampleMemory({
  size,
  classes,
  columns,
  importance,
  weighted,
  from = {},
}: {
  readonly size: number;
  readonly classes: number;
  readonly columns: readonly Column[];
  /** The method has importance weights, and logits of its own. */
  readonly importance: boolean;
  readonly weighted: boolean;
  readonly from?: MemoryArrays;
}): SampleMemory {
  const floats = (name: string, width: number): Float32Array =>
    (from[name] as Float32Array | undefined)?.slice() ?? new Float32Array(size * width);
  const passes = (from['passes'] as Int32Array | undefined)?.slice() ?? new Int32Array(size);
  const lowGroup = (from['lowGroup'] as Uint8Array | undefined)?.slice() ?? new Uint8Array(size);
  const probabilities = floats('probabilities', classes);
  const weightedProbabilities = weighted ? floats('weightedProbabilities', classes) : probabilities;
  const alpha = importance ? floats('importance', 1) : null;
  const loss = floats('loss', 1);
  const meanGivenProbability = floats('meanGivenProbability', 1);
  const width = (column: Column): number => (column.width === 'one' ? 1 : classes);
  const stored = new Map(columns.map((column) => [column, floats(`column/${column.name}`, width(column))]));

  const take = (source: ArrayLike<number>, ids: Int32Array, target: Float32Array, rowWidth: number): void => {
    ids.forEach((id, row) => {
      for (let k = 0; k < rowWidth; k++) target[id * rowWidth + k] = source[row * rowWidth + k]!;
    });
  };
  const gather = <T extends Float32Array | Int32Array | Uint8Array>(
    source: T,
    ids: Int32Array,
    rowWidth: number,
  ): T => {
    const rows = new (source.constructor as new (length: number) => T)(ids.length * rowWidth);
    ids.forEach((id, row) => {
      for (let k = 0; k < rowWidth; k++) rows[row * rowWidth + k] = source[id * rowWidth + k]!;
    });
    return rows;
  };
  /** Exponential averages start from 0: what is stored is divided by 1 - decay^passes. */
  const corrected = (column: Column, ids: Int32Array): Float32Array => {
    const rows = gather(stored.get(column)!, ids, width(column));
    const decay = column.average;
    if (decay === undefined || decay === 'mean') return rows;
    ids.forEach((id, row) => {
      const weight = passes[id]! > 0 ? 1 / (1 - wholePower(decay, passes[id]!)) : 0;
      for (let k = 0; k < width(column); k++) rows[row * width(column) + k]! *= weight;
    });
    return rows;
  };
  const labels = (
    ids: Int32Array,
    ledger: LabelLedger,
  ): Pick<SampleRows, 'given' | 'current' | 'dropped' | 'verified'> => ({
    given: gather(ledger.given, ids, 1),
    current: gather(ledger.current, ids, 1),
    dropped: gather(ledger.dropped, ids, 1),
    verified: gather(ledger.verified, ids, 1),
  });
  const rows: SampleMemory['rows'] = (ids, ledger, time) => ({
    ...time,
    classes,
    samples: ids,
    ...labels(ids, ledger),
    probabilities: gather(probabilities, ids, classes),
    weightedProbabilities: gather(weightedProbabilities, ids, classes),
    importance: alpha && gather(alpha, ids, 1),
    lowGroup: gather(lowGroup, ids, 1),
    loss: gather(loss, ids, 1),
    remembered: Object.fromEntries(columns.map((column) => [column.name, corrected(column, ids)])),
    clean: null,
    passes: gather(passes, ids, 1),
    meanGivenProbability: gather(meanGivenProbability, ids, 1),
  });
  const everyone = Int32Array.from({ length: size }, (_, i) => i);

  return {
    record: (ids, outputs, given) => {
      take(outputs['probabilities']!, ids, probabilities, classes);
      if (weighted) take(outputs['weightedProbabilities']!, ids, weightedProbabilities, classes);
      if (alpha) take(outputs['importance']!, ids, alpha, 1);
      take(outputs['perSample']!, ids, loss, 1);
      const high = outputs['highGroup'];
      ids.forEach((id, row) => {
        lowGroup[id] = high && high[row] === 0 ? 1 : 0;
        passes[id]!++;
        const p = probabilities[id * classes + given[row]!]!;
        meanGivenProbability[id]! += (p - meanGivenProbability[id]!) / passes[id]!;
      });
      for (const [column, target] of stored) {
        const source = outputs[sourceOf(column)]!;
        const { average } = column;
        if (average === undefined) {
          take(source, ids, target, width(column));
          continue;
        }
        ids.forEach((id, row) => {
          const decay = average === 'mean' ? 1 - 1 / passes[id]! : average;
          for (let k = 0; k < width(column); k++) {
            const at = id * width(column) + k;
            target[at] = decay * target[at]! + (1 - decay) * source[row * width(column) + k]!;
          }
        });
      }
    },
    fed: (column, ids) => corrected(column, ids),
    rows,
    all: (ledger, time) => rows(everyone, ledger, time),
    arrays: () => ({
      passes: passes.slice(),
      lowGroup: lowGroup.slice(),
      probabilities: probabilities.slice(),
      ...(weighted && { weightedProbabilities: weightedProbabilities.slice() }),
      ...(alpha && { importance: alpha.slice() }),
      loss: loss.slice(),
      meanGivenProbability: meanGivenProbability.slice(),
      ...Object.fromEntries([...stored].map(([column, values]) => [`column/${column.name}`, values.slice()])),
    }),
  };
}
