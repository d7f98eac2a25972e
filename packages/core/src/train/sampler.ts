import { randomStream } from '../random/stream.ts';

/** Order of the samples in one epoch: a function of seed and epoch alone. */
export function shuffledOrder(size: number, seed: number, epoch: number): Int32Array {
  return randomStream({ seed, purpose: 'shuffle', epoch }).permutation(size);
}
