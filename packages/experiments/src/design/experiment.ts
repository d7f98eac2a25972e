import type { Job, Result } from '../execute/execute-jobs.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import type { Metric, Summary } from '../table/summarize.ts';

/** Runs to do and how their outcomes are read. */
export interface Experiment {
  readonly name: string;
  /** What is asked and how it is answered, in a few sentences. */
  readonly description: string;
  readonly jobs: readonly Job[];
  /** Tables over whatever results there are. */
  summarize(results: readonly Result[]): readonly Summary[];
  /** Lines over one axis, for plots; absent where there are none. */
  plots?(results: readonly Result[]): readonly Plot[];
}

/** A plot of one figure. */
export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** `lines`: points with their standard deviation; `map`: a value for every pair of x and series. */
  readonly kind: 'lines' | 'map';
  readonly series: readonly {
    readonly label: string;
    readonly points: readonly {
      readonly x: number;
      readonly mean: number;
      readonly standardDeviation: number | null;
    }[];
  }[];
}

/** What every experiment takes: the run that its jobs vary, and the seeds. */
export interface ExperimentOptions {
  readonly base: RunSpec;
  /** At least 3, so that differences have an interval. Default 0, 1, 2. */
  readonly seeds?: readonly number[];
}

/** The figures that tables show. */
export const metrics: readonly Metric[] = [
  { key: 'accuracy', label: 'accuracy', percent: true, paired: true },
  { key: 'balancedAccuracy', label: 'balanced accuracy', percent: true, paired: true },
  { key: 'best/accuracy', label: 'accuracy of the best epoch by validation', percent: true, paired: true },
  { key: 'macroF1', label: 'macro F1', percent: true },
  { key: 'calibrationError', label: 'calibration error', percent: true },
  { key: 'memorized', label: 'wrong labels memorized', percent: true },
  { key: 'noiseBefore', label: 'wrong labels', percent: true },
  { key: 'noiseAfter', label: 'after curing', percent: true },
  { key: 'precision', label: 'edits that are right', percent: true },
  { key: 'recall', label: 'wrong labels mended', percent: true },
  { key: 'harm', label: 'right labels broken', percent: true },
  { key: 'auroc/meanGivenProbability', label: 'AUROC of mean P(given)' },
  { key: 'auroc/posterior', label: 'AUROC of the posterior' },
  { key: 'ap/posterior', label: 'average precision of the posterior' },
  { key: 'auroc/importance', label: 'AUROC of importance' },
  { key: 'seconds', label: 'seconds' },
];

/** One job a seed. */
export function overSeeds(
  seeds: readonly number[] | undefined,
  labels: Readonly<Record<string, string>>,
  spec: RunSpec,
): Job[] {
  return (seeds ?? [0, 1, 2]).map((seed) => ({
    labels,
    spec: { ...spec, seed, pretrain: spec.pretrain && { ...spec.pretrain, seed } },
  }));
}

/** A rate as tables name it. */
export const percent = (rate: number): string => `${Math.round(1000 * rate) / 10} %`;

/** Mean and standard deviation of a figure over results. */
export function spreadOf(
  results: readonly Result[],
  key: string,
): { mean: number; standardDeviation: number | null } | null {
  const values = results.flatMap(({ outcome }) => outcome.figures[key] ?? []);
  if (values.length === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardDeviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null };
}
