/** Statistics of repeated measurements. */
import { BenchError } from './error.mjs';

/**
 * Middle value; the mean of both middle ones of an even number.
 *
 * @param {readonly number[]} values at least one
 */
export function median(values) {
  if (values.length === 0) throw new BenchError('median: no values. Pass at least one');
  const sorted = ascending(values);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * Confidence interval of the median by order statistics: the k-th smallest and the k-th largest value, with the largest k
 * whose coverage 1 - 2 P(Binomial(n, 1/2) < k) reaches the confidence. Exact for independent values of any continuous
 * distribution, and nothing is drawn.
 *
 * @param {readonly number[]} values enough for the confidence: at least 6 for 0.95
 * @param {number} confidence in (0, 1)
 * @returns {{ low: number, high: number, coverage: number }} bounds and the coverage that they have
 */
export function medianInterval(values, confidence = 0.95) {
  const n = values.length;
  const sorted = ascending(values);
  let probability = 0.5 ** n; // P(Binomial(n, 1/2) = k)
  let below = 0; // P(Binomial(n, 1/2) < k)
  let found = null;
  for (let k = 1; k <= (n + 1) / 2; k++) {
    below += probability;
    probability *= (n - k + 1) / k;
    const coverage = 1 - 2 * below;
    if (coverage < confidence) break;
    found = { low: sorted[k - 1], high: sorted[n - k], coverage };
  }
  if (!found) throw new BenchError(`medianInterval: ${n} values are too few for ${confidence}. Measure more`);
  return found;
}

const ascending = (values) => [...values].sort((a, b) => a - b);
