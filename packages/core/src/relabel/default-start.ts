/**
 * First epoch after a third of the run, 1-based: networks fit right labels before wrong ones.
 *
 * @example defaultStart(12) // 5
 */
export function defaultStart(epochs: number): number {
  return Math.floor(epochs / 3) + 1;
}
