import { tickLabels, ticks } from './scale.ts';

/** One point of a plot: a mean over seeds. */
export interface PlotPoint {
  readonly x: number;
  readonly mean: number;
  /** Between seeds; null of one. */
  readonly standardDeviation: number | null;
}

/** One line of a plot, or one row of a map. */
export interface PlotSeries {
  readonly label: string;
  /** A series without points is not shown, and keeps its look for the others. */
  readonly points: readonly PlotPoint[];
}

/** A value that does not depend on x. */
export interface PlotReference {
  readonly label: string;
  readonly mean: number;
  readonly standardDeviation: number | null;
}

/**
 * A plot of an experiment, as plain data.
 *
 * @example
 * const plot: ExperimentPlot = {
 *   title: 'Accuracy over margin 2', kind: 'lines', x: 'margin 2', y: 'accuracy', percent: true,
 *   series: [{ label: 'scn', points: [{ x: 0.1, mean: 0.7, standardDeviation: 0.01 }] }],
 * };
 */
export interface ExperimentPlot {
  readonly title: string;
  /** `lines`: points with error bars; `course`: lines with bands, over epochs; `map`: a value for every pair of x and series. */
  readonly kind: 'lines' | 'course' | 'map';
  /** Meaning of x. */
  readonly x: string;
  /** What is measured. */
  readonly y: string;
  /** The measured values are shares, shown in percent. Default false. */
  readonly percent?: boolean;
  /** Of a map: what its series stand for. */
  readonly rows?: string;
  readonly series: readonly PlotSeries[];
  /** Default: none. */
  readonly references?: readonly PlotReference[];
}

/** Size of a plot and of its margins, in units of its view box. */
export const plotFrame: Readonly<Record<'width' | 'height' | 'left' | 'right' | 'top' | 'bottom', number>> = {
  width: 360,
  height: 230,
  left: 44,
  right: 12,
  top: 10,
  bottom: 34,
};

/** A value as legends and cells show it. */
export function shown(value: number, percent: boolean): string {
  return percent ? (100 * value).toFixed(1) : String(Number(value.toPrecision(3)));
}

/** Mean and standard deviation as text. */
export function withSpread({ mean, standardDeviation }: Omit<PlotPoint, 'x'>, percent: boolean): string {
  const unit = percent ? ' %' : '';
  return `${shown(mean, percent)}${standardDeviation === null ? '' : ` ± ${shown(standardDeviation, percent)}`}${unit}`;
}

/** The vertical range of some values with their spread, a little wider than they are. */
export function rangeOf(points: readonly Omit<PlotPoint, 'x'>[]): readonly [low: number, high: number] {
  const low = Math.min(...points.map(({ mean, standardDeviation }) => mean - (standardDeviation ?? 0)));
  const high = Math.max(...points.map(({ mean, standardDeviation }) => mean + (standardDeviation ?? 0)));
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const margin = (high - low) * 0.06 || Math.abs(low) * 0.06 || 0.5;
  return [low - margin, high + margin];
}

/** Ticks of a range with their labels. */
export function labelledTicks(
  low: number,
  high: number,
  percent = false,
  count = 5,
): readonly { readonly value: number; readonly label: string }[] {
  const levels = ticks(low, high, count);
  const labels = tickLabels(percent ? levels.map((value) => 100 * value) : levels);
  return levels.map((value, i) => ({ value, label: labels[i]! }));
}
