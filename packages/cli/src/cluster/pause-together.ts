import type { Callback } from '@selfcure/core';
import type { Agreement } from './agreement.ts';

/**
 * Ends a run of several workers after the epoch in which one of them was told to pause: all of them at the same place, since none can
 * take a step alone.
 */
export function pauseTogether(agreement: Agreement, signal: AbortSignal | undefined): Callback {
  return {
    name: 'PauseTogether',
    onEpochEnd: async () => {
      const told = await agreement.tell(signal?.aborted ? 1 : 0);
      return told.includes(1) ? 'stop' : undefined;
    },
  };
}
