/**
 * Divides a whole number in proportion to weights by largest remainders; ties go to the lower index. No part exceeds
 * its exact share by one or more.
 *
 * @returns whole numbers that sum to `total`; all zero where the weights are.
 * @example apportion(10, [1, 1, 1]) // [4, 3, 3]
 */
export function apportion(total: number, weights: ArrayLike<number>): number[] {
  const list = Array.from(weights);
  const sum = list.reduce((partial, weight) => partial + weight, 0);
  if (!(sum > 0)) return list.map(() => 0);
  const exact = list.map((weight) => (total * weight) / sum);
  // A share that rounding left a hair below a whole number is that number.
  const whole = exact.map((share) => Math.floor(share + 1e-9));
  const left = total - whole.reduce((partial, count) => partial + count, 0);
  const order = exact
    .map((share, index) => ({ index, remainder: share - whole[index]! }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (let k = 0; k < left; k++) whole[order[k % order.length]!.index]!++;
  return whole;
}
