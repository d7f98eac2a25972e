import { restoreLedger, undoChanges } from '@selfcure/core';
import type { LedgerData, TrainState } from '@selfcure/core';

/** A ledger with some changes taken back, and how many labels that changed. */
export interface Undone {
  readonly ledger: LedgerData;
  readonly count: number;
}

/**
 * Takes back every change of later epochs than the given one. What the epoch under way has proposed and not yet carried
 * out goes with them.
 */
export function undoToEpoch({ ledger }: TrainState, epoch: number, classes: number): Undone {
  const undone = restoreLedger({ ...ledger, staged: [] }, classes);
  const count = undoChanges(undone, epoch);
  return { ledger: undone.data(), count };
}

/** Gives one sample its given label back, in the loss, and forgets what the epoch under way has proposed for it. */
export function undoSample({ ledger, epoch }: TrainState, sample: number, classes: number): Undone {
  const undone = restoreLedger({ ...ledger, staged: [] }, classes);
  undone.stage(
    { sample, to: 'restore', score: 0, reason: 'undone by a person' },
    { epoch: epoch - 1, step: -1, strategy: 'undo', importance: null, pGiven: null, pMax: null },
  );
  const { restored } = undone.commit();
  return {
    ledger: { ...undone.data(), staged: ledger.staged.filter(([proposal]) => proposal.sample !== sample) },
    count: restored,
  };
}
