/**
 * Position of the largest of `count` values from `start`, relative to it; the first among equals.
 *
 * @example argmax([0.2, 0.5, 0.3], 0, 3) // 1
 */
export function argmax(values: ArrayLike<number>, start: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[start + i]! > values[start + best]!) best = i;
  return best;
}
