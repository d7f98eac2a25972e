import { randomStream } from '@selfcure/core';

import type { NoiseMode } from './noisy-dataset.ts';

/**
 * Which samples to flip, each with a probability of its own.
 *
 * `'bernoulli'` draws every sample for itself, keyed by its id. `'exact'` flips `count` samples by systematic sampling over a random order (Madow 1949): a sample is still flipped with its own probability.
 *
 * @param probabilities of every sample, in [0, 1].
 * @param count samples to flip in exact mode: the sum of the probabilities, rounded.
 * @returns 1 where the sample is to flip.
 */
export function chooseFlips(
  probabilities: ArrayLike<number>,
  { count, mode, seed, purpose }: { count: number; mode: NoiseMode; seed: number; purpose: string },
): Uint8Array {
  const size = probabilities.length;
  const flips = new Uint8Array(size);
  if (mode === 'bernoulli') {
    for (let i = 0; i < size; i++) {
      flips[i] = randomStream({ seed, purpose: `${purpose}/flip`, sample: i }).uniform() < probabilities[i]! ? 1 : 0;
    }
    return flips;
  }
  const stream = randomStream({ seed, purpose: `${purpose}/choose` });
  const order = stream.permutation(size);
  let total = 0;
  for (let i = 0; i < size; i++) total += probabilities[i]!;
  if (count === 0) return flips;
  const start = stream.uniform();
  // Sum the probabilities along the order and flip where the sum passes start + 0, 1, 2, … (of count in all).
  let sum = 0;
  let chosen = 0;
  for (let k = 0; k < size && chosen < count; k++) {
    sum += (probabilities[order[k]!]! * count) / total;
    if (sum > start + chosen) {
      flips[order[k]!] = 1;
      chosen++;
    }
  }
  // Rounding of the sum can leave the last one out.
  for (let k = size - 1; k >= 0 && chosen < count; k--) {
    const sample = order[k]!;
    if (flips[sample] === 1 || !(probabilities[sample]! > 0)) continue;
    flips[sample] = 1;
    chosen++;
  }
  return flips;
}
