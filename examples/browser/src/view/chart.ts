import uPlot from 'uplot';
import { make } from './element.ts';

/** One line or one group of bars. */
export interface Series {
  readonly label: string;
  /** Name of a colour of the page: `'blue'` is the style property `--blue`. */
  readonly colour: string;
  readonly dashed?: boolean;
}

/** How a chart is drawn. */
export interface ChartOptions {
  readonly title: string;
  /** Meaning of the horizontal axis. */
  readonly across: string;
  readonly series: readonly Series[];
  /** Bars in place of lines, for values over [0, 1]. */
  readonly bars?: boolean;
  /** Values are shares, shown in percent. */
  readonly percent?: boolean;
  /** Values are counts: whole numbers from 0. */
  readonly counts?: boolean;
  /** Horizontal positions are whole numbers. */
  readonly whole?: boolean;
}

/** A chart on the page. */
export interface Chart {
  readonly element: HTMLElement;
  /**
   * @param across horizontal positions, rising.
   * @param values of every series, as long as `across`; null leaves a gap.
   * @param shown the text that stands for each series: its last value, or its size.
   */
  update(across: readonly number[], values: readonly (readonly (number | null)[])[], shown: readonly string[]): void;
  /** Lets go of the page. */
  close(): void;
}

const height = 190;

/** A figure with a canvas, its legend as text, and a description for those who do not see it. */
export function createChart({
  title,
  across,
  series,
  bars = false,
  percent = false,
  counts = false,
  whole = false,
}: ChartOptions): Chart {
  const canvas = make('div', { class: 'canvas', role: 'img', 'aria-label': `${title}: no values yet` });
  const amounts = series.map(() => make('b', {}, '–'));
  const legend = make(
    'ul',
    { class: 'legend' },
    ...series.map(({ label, colour, dashed }, i) =>
      make('li', {}, make('span', { class: `swatch ${colour}${dashed ? ' dashed' : ''}` }), `${label} `, amounts[i]!),
    ),
  );
  const element = make('figure', { class: 'chart' }, make('figcaption', {}, title), canvas, legend);

  const colour = (name: string): string => getComputedStyle(canvas).getPropertyValue(`--${name}`).trim();
  const axis: uPlot.Axis = {
    stroke: () => colour('soft'),
    grid: { stroke: () => colour('line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
    labelFont: '12px system-ui, sans-serif',
  };
  const labelOf = (value: number): string => (percent ? `${Number((100 * value).toFixed(4))} %` : String(value));
  const wholeSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
  const optionsOf = (width: number): uPlot.Options => ({
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: bars ? [0, 1] : (_, low, high) => [low, Math.max(high, low + 1)] },
      y: {
        range: (_, low, high) =>
          verticalRange(low, high, { fromZero: bars || percent || counts, least: counts ? 1 : 0 }),
      },
    },
    axes: [
      {
        ...axis,
        label: across,
        labelSize: 16,
        size: 26,
        ...(whole && { incrs: wholeSteps }),
        values: (_, ticks) => ticks.map(String),
      },
      { ...axis, size: 52, ...(counts && { incrs: wholeSteps }), values: (_, ticks) => ticks.map(labelOf) },
    ],
    series: [
      {},
      ...series.map((one): uPlot.Series => ({
        label: one.label,
        stroke: () => colour(one.colour),
        width: 2,
        // A line of one point cannot be seen.
        points: { show: (plotted) => !bars && plotted.data[0].length === 1, size: 7 },
        ...(one.dashed && { dash: [6, 4] }),
        ...(bars && {
          fill: () => `color-mix(in srgb, ${colour(one.colour)} 55%, transparent)`,
          width: 0,
          paths: uPlot.paths.bars!({ size: [1, Infinity], gap: 1 }),
        }),
      })),
    ],
  });
  let data: uPlot.AlignedData = [[], ...series.map(() => [])];
  const start = (width: number): uPlot => {
    const made = new uPlot(optionsOf(width), data, canvas);
    // The browser drops the drawing where the graphics process fails; uPlot does not know that colours and fonts are gone too.
    made.ctx.canvas.addEventListener('contextrestored', () => {
      plot.destroy();
      plot = start(canvas.clientWidth);
    });
    return made;
  };
  let plot = start(320);

  const observer = new ResizeObserver(() => plot.setSize({ width: canvas.clientWidth, height }));
  observer.observe(canvas);
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  const redraw = (): void => plot.redraw(false);
  scheme.addEventListener('change', redraw);

  return {
    element,
    update: (positions, values, shown) => {
      data = [[...positions], ...values.map((one) => [...one])];
      plot.setData(data);
      shown.forEach((text, i) => (amounts[i]!.textContent = text));
      canvas.setAttribute(
        'aria-label',
        `${title} by ${across}: ${series.map(({ label }, i) => `${label} ${shown[i]}`).join(', ')}`,
      );
    },
    close: () => {
      observer.disconnect();
      scheme.removeEventListener('change', redraw);
      plot.destroy();
      element.remove();
    },
  };
}

/** The range that shows all values: from 0 where that is wanted, and up to `least` at least. */
function verticalRange(
  low: number | null,
  high: number | null,
  { fromZero, least }: { readonly fromZero: boolean; readonly least: number },
): [number, number] {
  if (low === null || high === null) return [0, 1];
  const bottom = fromZero ? 0 : low;
  const top = Math.max(high, least);
  const margin = 0.05 * (top - bottom) || 0.5;
  return [fromZero ? 0 : bottom - margin, top + margin];
}
