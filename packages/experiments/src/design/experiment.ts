import type { Job, Result } from '../execute/job.ts';
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
  /** `lines`: points with their standard deviation; `course`: the same for many points, over epochs; `map`: a value for every pair of x and series. */
  readonly kind: 'lines' | 'course' | 'map';
  /** Meaning of x. */
  readonly x: string;
  /** What is measured. */
  readonly y: string;
  /** The measured values are shares, shown in percent. Default false. */
  readonly percent?: boolean;
  /** Of a map: what its series stand for, whose labels are numbers. */
  readonly rows?: string;
  readonly series: readonly {
    readonly label: string;
    readonly points: readonly {
      readonly x: number;
      readonly mean: number;
      readonly standardDeviation: number | null;
    }[];
  }[];
  /** Values that do not depend on x, such as those of controls: horizontal lines. */
  readonly references?: readonly {
    readonly label: string;
    readonly mean: number;
    readonly standardDeviation: number | null;
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
  { key: 'accuracy', label: 'accuracy', percent: true, paired: true, group: 'quality' },
  { key: 'balancedAccuracy', label: 'balanced accuracy', percent: true, paired: true, group: 'quality' },
  {
    key: 'best/accuracy',
    label: 'accuracy of the best epoch by validation',
    percent: true,
    paired: true,
    group: 'quality',
  },
  { key: 'macroF1', label: 'macro F1', percent: true, group: 'quality' },
  { key: 'calibrationError', label: 'calibration error', percent: true, group: 'quality' },
  { key: 'memorized', label: 'wrong labels memorized', percent: true, group: 'labels' },
  { key: 'noiseBefore', label: 'wrong labels', percent: true, group: 'labels' },
  { key: 'noiseAfter', label: 'after curing', percent: true, group: 'labels' },
  { key: 'precision', label: 'edits that are right', percent: true, group: 'labels' },
  { key: 'recall', label: 'wrong labels mended', percent: true, group: 'labels' },
  { key: 'harm', label: 'right labels broken', percent: true, group: 'labels' },
  { key: 'dropped', label: 'labels left out', group: 'labels' },
  { key: 'auroc/meanGivenProbability', label: 'AUROC of mean P(given)', group: 'detection' },
  { key: 'auroc/posterior', label: 'AUROC of the posterior', group: 'detection' },
  { key: 'ap/posterior', label: 'average precision of the posterior', group: 'detection' },
  { key: 'list/count', label: 'suspects at 20 % false discoveries', group: 'detection' },
  { key: 'list/falseDiscoveryRate', label: 'of them right labels', percent: true, group: 'detection' },
  { key: 'auroc/importance', label: 'AUROC of importance', group: 'detection' },
  { key: 'seconds', label: 'seconds of training', group: 'cost' },
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
