import { portableExp, portableLog } from '../random/portable-math.ts';
import { checkStart } from '../relabel/check-start.ts';
import { defaultStart } from '../relabel/default-start.ts';
import type { SampleRows } from '../relabel/relabel.ts';
import type { Weighting } from './weighting.ts';

/** Options of {@link lossMixture}; defaults of the fit are those of DivideMix's code (Li et al. 2020). */
export interface LossMixtureOptions {
  /** First epoch that weighs, 1-based. Default: after a third of the run. */
  readonly start?: number;
  /** Iterations of expectation maximization at most. Default 10. */
  readonly iterations?: number;
  /** Change of the log-likelihood per sample at which it ends. Default 1e-2. */
  readonly tolerance?: number;
  /** Added to both variances. Default 5e-4. */
  readonly regularization?: number;
}

/** Two normal components over values in [0, 1]. */
export interface Mixture {
  /** Means, the lower first. */
  readonly mean: readonly [number, number];
  readonly variance: readonly [number, number];
  readonly share: readonly [number, number];
}

const density = (x: number, mean: number, variance: number): number =>
  portableExp((-(x - mean) * (x - mean)) / (2 * variance)) / Math.sqrt(variance);

/** Probability that a value belongs to the component of the lower mean. */
export function lowerComponent(x: number, { mean, variance, share }: Mixture): number {
  const low = share[0] * density(x, mean[0], variance[0]) + 1e-12;
  const high = share[1] * density(x, mean[1], variance[1]) + 1e-12;
  return low / (low + high);
}

/** Fits a {@link Mixture} by expectation maximization, starting from means 0 and 1. */
export function fitMixture(
  values: ArrayLike<number>,
  { iterations = 10, tolerance = 1e-2, regularization = 5e-4 }: LossMixtureOptions = {},
): Mixture {
  const n = values.length;
  let mixture: Mixture = { mean: [0, 1], variance: [0.1, 0.1], share: [0.5, 0.5] };
  let before = -Infinity;
  for (let iteration = 0; iteration < iterations; iteration++) {
    // Sums of probability, of x and of x^2, for the lower component and for both.
    let p0 = 0;
    let x0 = 0;
    let xx0 = 0;
    let x1 = 0;
    let xx1 = 0;
    let fit = 0;
    for (let i = 0; i < n; i++) {
      const x = values[i]!;
      const p = lowerComponent(x, mixture);
      const q = 1 - p;
      p0 += p;
      x0 += p * x;
      xx0 += p * x * x;
      x1 += q * x;
      xx1 += q * x * x;
      fit += portableLog(
        mixture.share[0] * density(x, mixture.mean[0], mixture.variance[0]) +
          mixture.share[1] * density(x, mixture.mean[1], mixture.variance[1]) +
          1e-300,
      );
    }
    const p1 = n - p0;
    const m0 = x0 / Math.max(p0, 1e-9);
    const m1 = x1 / Math.max(p1, 1e-9);
    mixture = {
      mean: [m0, m1],
      variance: [
        Math.max(xx0 / Math.max(p0, 1e-9) - m0 * m0, 0) + regularization,
        Math.max(xx1 / Math.max(p1, 1e-9) - m1 * m1, 0) + regularization,
      ],
      share: [p0 / n, p1 / n],
    };
    if (Math.abs(fit / n - before) < tolerance) break;
    before = fit / n;
  }
  const [m0, m1] = mixture.mean;
  const swap = <T>([a, b]: readonly [T, T]): readonly [T, T] => [b, a];
  return m0 <= m1
    ? mixture
    : { mean: swap(mixture.mean), variance: swap(mixture.variance), share: swap(mixture.share) };
}

/**
 * Weighs every sample with the probability that its loss belongs to the lower component of a two-component Gaussian
 * mixture over all losses, min-max normalized (Arazo et al. 2019; Li et al. 2020, section 3.1): low loss means clean.
 * Weights are 1 before `start` and for samples that have not passed yet.
 *
 * @example const method = composeMethod({ name: 'mixture', loss: crossEntropy(), weighting: lossMixture() });
 */
export function lossMixture(options: LossMixtureOptions = {}): Weighting {
  checkStart('lossMixture', options.start);
  return {
    name: 'loss-mixture',
    options: { ...options },
    plan: (rows: SampleRows) => {
      if (rows.epoch < (options.start ?? defaultStart(rows.epochs))) return {};
      const seen = Array.from(rows.samples).filter((i) => rows.passes[i]! > 0);
      let low = Infinity;
      let high = -Infinity;
      for (const i of seen) {
        low = Math.min(low, rows.loss[i]!);
        high = Math.max(high, rows.loss[i]!);
      }
      if (!(high > low)) return {};
      const normalized = (i: number): number => (rows.loss[i]! - low) / (high - low);
      const mixture = fitMixture(seen.map(normalized), options);
      const weight = new Float32Array(rows.samples.length).fill(1);
      for (const i of seen) if (!rows.verified[i]) weight[i] = lowerComponent(normalized(i), mixture);
      return { weight };
    },
  };
}
