import type { NamedArrays } from '@selfcure/tensor';
import type { RunWarning } from '../callback/callback.ts';
import type { EpochLog } from '../callback/history.ts';
import type { Normalization } from '../data/normalization.ts';
import type { LedgerData } from '../ledger/label-ledger.ts';
import type { EpochPlan } from '../method.ts';
import type { MemoryArrays } from './sample-memory.ts';

/**
 * Everything that a run needs to go on: one tree of plain data. Ten steps equal four, this, and six more, bit for bit on
 * the same engine build.
 */
export interface TrainState {
  /** What the state belongs to: data, model, method, optimizer, batch size and seed. Another run refuses it. */
  readonly fingerprint: string;
  /** Epoch under way, 1-based; one more than the planned number when the run is done. */
  readonly epoch: number;
  /** Steps done in that epoch. */
  readonly step: number;
  /** Parameters, statistics and optimizer slots by name. */
  readonly weights: NamedArrays;
  readonly ledger: LedgerData;
  readonly memory: MemoryArrays;
  /** What the host decided for the epoch under way. */
  readonly plan: EpochPlan;
  /** Sums of the epoch under way. */
  readonly sums: Readonly<Record<string, number>>;
  readonly history: readonly EpochLog[];
  readonly warnings: readonly RunWarning[];
  readonly normalization: Normalization;
  /** The best epoch so far, where one is kept. */
  readonly best: BestEpoch | null;
}

/** Weights of the epoch with the best value of the option `keepBest`. */
export interface BestEpoch {
  readonly epoch: number;
  readonly value: number;
  readonly weights: NamedArrays;
}
