import type { RunWarning } from '../callback/callback.ts';
import type { History } from '../callback/history.ts';
import type { LabelLedger } from '../ledger/label-ledger.ts';
import type { SampleRows } from '../relabel/relabel.ts';
import type { TrainState } from './state.ts';
import type { TrainedModel } from './trained-model.ts';

/** Why a run came to its end. */
export type RunEnd = 'finished' | 'stopped' | 'paused' | 'non-finite';

/** What {@link train} gives back. */
export interface Run {
  /**
   * `finished`: all epochs are done. `stopped`: a callback ended it. `paused`: by `signal` or `until`; `train({ ...options,
   * resume: run.state })` goes on. `non-finite`: ended by `terminateOnNaN`, at the last finished epoch.
   */
  readonly end: RunEnd;
  readonly history: History;
  /**
   * Given and current labels, and every change with its evidence. It is the run's own copy: to go on with labels that you have
   * changed in it, pass `resume: { ...run.state, ledger: run.ledger.data() }`.
   */
  readonly ledger: LabelLedger;
  /** What the last training pass said of every sample, in order of sample id. */
  readonly rows: SampleRows;
  /** The network as it stands. */
  readonly model: TrainedModel;
  /** The network of the best epoch, where the option `keepBest` was given. */
  readonly best: { readonly epoch: number; readonly value: number; readonly model: TrainedModel } | null;
  readonly warnings: readonly RunWarning[];
  /** Everything needed to go on. */
  readonly state: TrainState;
}
