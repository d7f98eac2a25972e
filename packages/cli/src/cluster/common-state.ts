import type { TrainState } from '@selfcure/core';
import { CliError } from '../errors.ts';
import type { Agreement } from './agreement.ts';

/** States that the folder of a worker holds: of its last finished epoch and of the one before. */
export interface StoredStates {
  readonly state: TrainState | null;
  readonly previous: TrainState | null;
}

/**
 * The state that all workers go on from: of the last epoch that each of them has kept. One that was killed while it kept an epoch
 * is one behind the others.
 *
 * @returns null where the run begins anew.
 * @throws CliError where the folders of the workers are not of one run.
 */
export async function commonState({ state, previous }: StoredStates, agreement: Agreement): Promise<TrainState | null> {
  const newest = state ?? previous;
  const epochs = await agreement.tell(newest?.epoch ?? 1);
  const least = Math.min(...epochs);
  const ahead = epochs.findIndex((epoch) => epoch > least + 1);
  const found = [newest, previous].find((one) => (one?.epoch ?? 1) === least);
  if (ahead >= 0 || found === undefined) {
    const where = epochs.map((epoch, worker) => `worker ${worker} at epoch ${epoch}`).join(', ');
    throw new CliError(
      `the workers cannot go on together: ${where}. Restore the run folder that lags behind, or start all of them anew with --force`,
    );
  }
  return found;
}
