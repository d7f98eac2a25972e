import { randomStream } from '@selfcure/core';

/** Parts that verified samples are divided into. */
const parts = 5;

/** Part of every verified sample, random. */
export function dealParts(count: number, seed: number): Int32Array {
  const order = randomStream({ seed, purpose: 'audit/cross-fit' }).permutation(count);
  const partOf = new Int32Array(count);
  order.forEach((sample, turn) => (partOf[sample] = turn % Math.min(parts, count)));
  return partOf;
}

/**
 * Values of verified samples, each computed without looking at the sample: for every part, `fit` sees the places outside of it and
 * gives a function for those inside.
 *
 * @returns one value a place, in order.
 */
export function crossFit(
  partOf: Int32Array,
  fit: (rest: readonly number[]) => (place: number) => number,
): Float64Array {
  const values = new Float64Array(partOf.length);
  const places = [...partOf.keys()];
  for (const part of new Set(partOf)) {
    const valueOf = fit(places.filter((place) => partOf[place] !== part));
    for (const place of places) if (partOf[place] === part) values[place] = valueOf(place);
  }
  return values;
}
