import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { histogram } from '../src/chart/histogram.ts';
import { lineChart } from '../src/chart/line-chart.ts';
import { confusionTable } from '../src/chart/matrix.ts';
import { tickLabels, ticks } from '../src/chart/scale.ts';
import { parse, select, textOf } from './markup.ts';
import type { Element } from './markup.ts';

const value = fc.double({ min: -1e9, max: 1e9, noNaN: true });
/** Ranges that floating point can part into ticks. */
const range = fc
  .tuple(value, fc.double({ min: 1e-6, max: 1e9, noNaN: true }))
  .map(([low, span]) => [low, low + span] as const)
  .filter(([low, high]) => high - low > 1e-8 * Math.max(Math.abs(low), Math.abs(high)));

describe('ticks', () => {
  test('lie within the range, rise in equal steps and are few', () => {
    fc.assert(
      fc.property(range, fc.integer({ min: 3, max: 8 }), ([low, high], count) => {
        const values = ticks(low, high, count);
        const slack = 1e-5 * (high - low);
        expect(values.length).toBeGreaterThanOrEqual(1);
        expect(values.length).toBeLessThanOrEqual(count + 1);
        for (const one of values) {
          expect(one).toBeGreaterThanOrEqual(low - slack);
          expect(one).toBeLessThanOrEqual(high + slack);
        }
        const steps = values.slice(1).map((one, i) => one - values[i]!);
        for (const step of steps) {
          expect(step).toBeGreaterThan(0);
          expect(Math.abs(step - steps[0]!)).toBeLessThan(slack);
        }
      }),
    );
  });

  test('are round', () => {
    expect(ticks(0, 1)).toEqual([0, 0.2, 0.4, 3 * 0.2, 0.8, 1]);
    expect(ticks(1, 16)).toEqual([5, 10, 15]);
    expect(ticks(-3, 22)).toEqual([0, 5, 10, 15, 20]);
  });

  test('of an empty range is its end', () => {
    expect(ticks(0.3, 0.3)).toEqual([0.3]);
    expect(ticks(1, 1 + Number.EPSILON)).toEqual([1]);
    expect(ticks(0, Number.MIN_VALUE)).toEqual([0]);
  });

  test('labels tell ticks apart and name them rightly', () => {
    fc.assert(
      fc.property(range, ([low, high]) => {
        const values = ticks(low, high);
        const labels = tickLabels(values);
        expect(new Set(labels).size).toBe(values.length);
        const step = values.length > 1 ? values[1]! - values[0]! : Infinity;
        values.forEach((one, i) => expect(Math.abs(Number(labels[i]) - one)).toBeLessThan(step / 500));
      }),
    );
  });

  test('labels are short', () => {
    expect(tickLabels([0, 0.1, 0.2, 0.1 + 0.2])).toEqual(['0', '0.1', '0.2', '0.3']);
    expect(tickLabels([0.0001, 0.00015])).toEqual(['0.0001', '0.00015']);
    expect(tickLabels([1000, 1005])).toEqual(['1000', '1005']);
    expect(tickLabels([0, 200_000])).toEqual(['0', '2e+5']);
    expect(tickLabels([0, 2e-5])).toEqual(['0', '2e-5']);
  });
});

const number = (element: Element, name: string): number => Number(element.attributes[name]);

/** Points of a path by the letter that reaches them. */
function pointsOf(path: Element): { letter: string; x: number; y: number }[] {
  const text = path.attributes['d']!;
  const points = [...text.matchAll(/([ML])(-?[\d.]+) (-?[\d.]+)/g)];
  expect(points.map(([whole]) => whole).join('')).toBe(text);
  return points.map(([, letter, x, y]) => ({ letter: letter!, x: Number(x), y: Number(y) }));
}

describe('line chart', () => {
  test('draws every finite value within its box, higher values higher up', () => {
    const values = fc.array(fc.oneof({ weight: 5, arbitrary: value }, { weight: 1, arbitrary: fc.constant(NaN) }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 3 }), (series) => {
        const lines = series.map((one, colour) => ({ label: `line ${colour}`, values: one, colour }));
        const chart = parse(lineChart(lines, { title: 'Chart' }).html);
        const paths = select(chart, 'path');
        expect(paths.length).toBe(series.length);
        const drawn = paths.map(pointsOf);
        series.forEach((one, i) => {
          const finite = one.filter(Number.isFinite);
          expect(drawn[i]!.length).toBe(finite.length);
          for (const { x, y } of drawn[i]!) {
            expect(x).toBeGreaterThanOrEqual(0);
            expect(x).toBeLessThanOrEqual(360);
            expect(y).toBeGreaterThanOrEqual(0);
            expect(y).toBeLessThanOrEqual(190);
          }
        });
        // Over all lines of the chart: one scale.
        const pairs = series.flatMap((one, i) =>
          one.filter(Number.isFinite).map((v, k) => ({ v, y: drawn[i]![k]!.y })),
        );
        pairs.sort((a, b) => a.v - b.v);
        for (let k = 1; k < pairs.length; k++) expect(pairs[k]!.y).toBeLessThanOrEqual(pairs[k - 1]!.y);
      }),
      { numRuns: 60 },
    );
  });

  test('leaves gaps, and marks points that no line reaches', () => {
    const chart = parse(
      lineChart([{ label: 'a', values: [1, 2, NaN, 4, 5, NaN, 7], colour: 4 }], { title: 'Gaps' }).html,
    );
    const points = pointsOf(select(chart, 'path')[0]!);
    expect(points.map(({ letter }) => letter).join('')).toBe('MLMLM');
    const dots = select(chart, 'circle');
    expect(dots.map((dot) => [number(dot, 'cx'), number(dot, 'cy')])).toEqual([[points[4]!.x, points[4]!.y]]);
    expect(dots[0]!.attributes['class']).toBe('dot series-4');
  });

  test('shows one epoch as a dot', () => {
    const chart = parse(lineChart([{ label: 'a', values: [0.5], colour: 0 }], { title: 'One', range: [0, 1] }).html);
    expect(select(chart, 'circle').length).toBe(1);
  });

  test('covers the asked range and labels shares in percent', () => {
    const chart = parse(
      lineChart([{ label: 'share', values: [0.25, 0.5], colour: 0 }], { title: 'Share', range: [0, 1], percent: true })
        .html,
    );
    const texts = select(chart, 'text').map(textOf);
    expect(texts).toEqual(['0 %', '20 %', '40 %', '60 %', '80 %', '100 %', '1', '2', 'epoch']);
    const [zero, , , , , one] = select(chart, '.grid').map((line) => number(line, 'y1'));
    const [quarter, half] = pointsOf(select(chart, 'path')[0]!).map(({ y }) => y);
    expect(quarter).toBeCloseTo(zero! + 0.25 * (one! - zero!), 0);
    expect(half).toBeCloseTo(zero! + 0.5 * (one! - zero!), 0);
    expect(select(chart, 'li').map(textOf)).toEqual(['share 50.0 %']);
  });

  test('names the last value, or none', () => {
    const lines = [
      { label: 'a', values: [1, 0.123456], colour: 0 },
      { label: 'b', values: [1, NaN], colour: 1, dashed: true },
      { label: 'c', values: [], colour: 2 },
    ];
    const chart = parse(lineChart(lines, { title: 'Last' }).html);
    expect(select(chart, 'li').map(textOf)).toEqual(['a 0.123', 'b –', 'c –']);
    expect(select(chart, '.dashed').map(({ name }) => name)).toEqual(['path', 'span']);
  });
});

describe('histogram', () => {
  const draw = (groups: Parameters<typeof histogram>[0]): Element =>
    parse(histogram(groups, { title: 'Spread', across: 'score' }).html);

  test('draws each group as shares of its own', () => {
    const chart = draw([
      { label: 'many', values: [0.1, 0.1, 0.5, 1], colour: 0 },
      { label: 'few', values: [0.99], colour: 3 },
    ]);
    const bars = select(chart, '.bar');
    expect(bars.map((bar) => bar.attributes['class'])).toEqual([...Array(3).fill('bar series-0'), 'bar series-3']);
    const heights = bars.map((bar) => number(bar, 'height'));
    // Shares 0.5, 0.25, 0.25 and 1 of the highest bar.
    heights.forEach((height, i) => expect(height / heights[3]!).toBeCloseTo([0.5, 0.25, 0.25, 1][i]!, 2));
    // The value 1 falls into the last bin, where 0.99 is as well.
    expect(number(bars[2]!, 'x')).toBe(number(bars[3]!, 'x'));
    expect(select(chart, 'li').map(textOf)).toEqual(['many 4', 'few 1']);
  });

  test('loses no value and stays within its box', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 }), (values) => {
        const bars = select(draw([{ label: 'a', values, colour: 1 }]), '.bar');
        const counts = new Map<number, number>();
        for (const one of values) {
          const bin = Math.min(24, Math.floor(one * 25));
          counts.set(bin, (counts.get(bin) ?? 0) + 1);
        }
        const largest = Math.max(...counts.values());
        const expected = [...counts].sort(([a], [b]) => a - b).map(([, count]) => count);
        const tallest = Math.max(...bars.map((bar) => number(bar, 'height')));
        expect(bars.length).toBe(expected.length);
        bars.forEach((bar, i) => {
          expect(number(bar, 'height') / tallest).toBeCloseTo(expected[i]! / largest, 2);
          expect(number(bar, 'y')).toBeGreaterThanOrEqual(0);
          expect(number(bar, 'y') + number(bar, 'height')).toBeLessThanOrEqual(190);
          expect(number(bar, 'x') + number(bar, 'width')).toBeLessThanOrEqual(360);
        });
      }),
      { numRuns: 60 },
    );
  });

  test('of nothing is an empty chart', () => {
    expect(select(draw([{ label: 'none', values: [], colour: 0 }]), '.bar')).toEqual([]);
  });
});

test('a confusion table shows counts, their share of the row and the recall', () => {
  const table = parse(confusionTable([8, 2, 0, 1, 0, 3, 0, 0, 0], ['a', 'b', 'c']).html);
  const rows = select(select(table, 'tbody')[0]!, 'tr');
  expect(rows.map((row) => textOf(select(row, 'th')[0]!))).toEqual(['a', 'b', 'c']);
  expect(rows.map((row) => select(row, 'td').map(textOf))).toEqual([
    ['8', '2', '0', '80.0 %'],
    ['1', '0', '3', '0.0 %'],
    ['0', '0', '0', '–'],
  ]);
  const cells = rows.map((row) => select(row, 'td').slice(0, 3));
  expect(cells.map((row) => row.map((cell) => cell.attributes['class']))).toEqual([
    ['hit', 'miss', 'miss'],
    ['miss', 'hit', 'miss'],
    ['miss', 'miss', 'hit'],
  ]);
  expect(cells.map((row) => row.map((cell) => Number(cell.attributes['style']!.replace('--share:', ''))))).toEqual([
    [0.8, 0.2, 0],
    [0.25, 0, 0.75],
    [0, 0, 0],
  ]);
  expect(cells[1]![2]!.attributes['title']).toBe('b as c: 75.0 %');
});
