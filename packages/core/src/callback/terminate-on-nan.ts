import type { Callback } from './callback.ts';

/**
 * Ends a run whose loss is no longer a number at its last finished epoch, whose weights, labels and history are kept.
 * Without it such a run fails with a NonFiniteError.
 *
 * @example callbacks: [terminateOnNaN()]
 */
export function terminateOnNaN(): Callback {
  return { name: 'TerminateOnNaN', onNonFinite: () => 'stop' };
}
