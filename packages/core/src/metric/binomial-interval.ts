import { OptionError } from '../errors.ts';
import { checkWhole } from './check.ts';

/** Interval for a share, in [0, 1]. */
export interface ShareInterval {
  readonly low: number;
  readonly high: number;
}

/**
 * P(X >= least) of a binomial variable: its probabilities relative to the largest one, summed on both sides of it until they
 * vanish, so that nothing underflows however many trials there are.
 */
function upperTail(least: number, trials: number, p: number): number {
  if (least <= 0) return 1;
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  const mode = Math.min(trials, Math.floor((trials + 1) * p));
  let all = 0;
  let tail = 0;
  const add = (k: number, weight: number): void => {
    all += weight;
    if (k >= least) tail += weight;
  };
  add(mode, 1);
  for (let k = mode, weight = 1; k < trials && weight > 1e-18; k++) {
    weight *= ((trials - k) / (k + 1)) * (p / (1 - p));
    add(k + 1, weight);
  }
  for (let k = mode, weight = 1; k > 0 && weight > 1e-18; k--) {
    weight *= (k / (trials - k + 1)) * ((1 - p) / p);
    add(k - 1, weight);
  }
  return tail / all;
}

/** The p at which P(X >= least) is `level`; that probability rises with p. */
function solve(least: number, trials: number, level: number): number {
  let low = 0;
  let high = 1;
  for (let middle = 0.5; middle > low && middle < high && high - low > 1e-12; middle = (low + high) / 2) {
    if (upperTail(least, trials, middle) < level) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Exact interval for a share (Clopper and Pearson 1934): it covers the true share at least as often as it says, however few
 * trials there are. Without trials it is [0, 1].
 *
 * @param successes a whole number from 0 to `trials`.
 * @param coverage of the two-sided interval, in (0, 1). Each end alone holds with (1 + coverage) / 2. Default 0.95.
 * @throws OptionError where a number is out of range.
 * @example binomialInterval(9, 10) // { low: 0.555, high: 0.9975 }
 */
export function binomialInterval(successes: number, trials: number, coverage = 0.95): ShareInterval {
  checkWhole('binomialInterval', 'trials', trials, 0);
  checkWhole('binomialInterval', 'successes', successes, 0, trials);
  if (!(coverage > 0 && coverage < 1))
    throw new OptionError(`binomialInterval: coverage is ${coverage}. Pass a number between 0 and 1, such as 0.95`);
  const level = (1 - coverage) / 2;
  return {
    low: successes === 0 ? 0 : solve(successes, trials, level),
    high: successes === trials ? 1 : solve(successes + 1, trials, 1 - level),
  };
}
