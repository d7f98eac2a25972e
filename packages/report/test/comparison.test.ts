import { OptionError } from '@selfcure/core';
import { comparisonTable, renderComparison, summarize } from '@selfcure/report';
import type { ComparisonInput, ComparisonRow } from '@selfcure/report';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { all, parse, sectionOf, select, textOf } from './markup.ts';

const rows: ComparisonRow[] = [
  { recipe: 'ce', seed: 0, values: { accuracy: 0.7, error: 0.2, edits: null } },
  { recipe: 'ce', seed: 1, values: { accuracy: 0.72, error: 0.25, edits: null } },
  { recipe: 'ce', seed: 2, values: { accuracy: 0.71, error: 0.21 } },
  // In another order: pairs go by seed.
  { recipe: 'scn', seed: 2, values: { accuracy: 0.75, error: 0.24, edits: 30 } },
  { recipe: 'scn', seed: 0, values: { accuracy: 0.74, error: 0.18, edits: 10 } },
  { recipe: 'scn', seed: 1, values: { accuracy: 0.77, error: NaN, edits: 20 } },
];
const input: ComparisonInput = {
  title: 'A comparison',
  description: 'Of two recipes.',
  baseline: 'ce',
  metrics: [
    { key: 'accuracy', label: 'test accuracy', percent: true, higherIsBetter: true },
    { key: 'error', label: 'calibration error', higherIsBetter: false },
    { key: 'edits', label: 'label edits' },
    { key: 'nothing', label: 'nothing' },
  ],
  rows,
  curves: [
    { label: 'validation accuracy', recipe: 'scn', seed: 0, series: [0.2, 0.5, 0.74] },
    { label: 'validation accuracy', recipe: 'scn', seed: 1, series: [0.3, 0.6, 0.77] },
  ],
};

describe('summarize', () => {
  test('mean, spread and paired difference', () => {
    const { values, mean, standardDeviation, difference } = summarize(input, 'scn', 'accuracy')!;
    expect(values).toEqual([0.75, 0.74, 0.77]);
    expect(mean).toBeCloseTo(2.26 / 3, 12);
    expect(standardDeviation).toBeCloseTo(Math.sqrt(0.000466666666666667 / 2), 12);
    // Differences 0.04, 0.05, 0.04; Student's t of 2 degrees of freedom at 97.5 %: 4.302653.
    const deviation = Math.sqrt(0.0000666666666666667 / 2);
    const half = (4.302653 * deviation) / Math.sqrt(3);
    expect(difference!.n).toBe(3);
    expect(difference!.mean).toBeCloseTo(0.13 / 3, 12);
    expect(difference!.standardDeviation).toBeCloseTo(deviation, 12);
    expect(difference!.low).toBeCloseTo(0.13 / 3 - half, 7);
    expect(difference!.high).toBeCloseTo(0.13 / 3 + half, 7);
  });

  test('runs without the value are left out of mean and pairs', () => {
    const { values, difference } = summarize(input, 'scn', 'error')!;
    expect(values).toEqual([0.24, 0.18]);
    expect(difference!.n).toBe(2);
    expect(difference!.mean).toBeCloseTo((0.03 - 0.02) / 2, 12);
    expect(summarize(input, 'scn', 'nothing')).toBeNull();
    expect(summarize(input, 'ce', 'edits')).toBeNull();
    expect(summarize(input, 'other', 'accuracy')).toBeNull();
  });

  test('no difference of the baseline to itself, nor without shared seeds; no spread of one run', () => {
    expect(summarize(input, 'ce', 'accuracy')!.difference).toBeNull();
    expect(summarize(input, 'scn', 'edits')!.difference).toBeNull();
    const one = summarize({ ...input, rows: rows.slice(2, 4) }, 'scn', 'accuracy')!;
    expect(one.standardDeviation).toBeNull();
    expect(one.difference).toMatchObject({ n: 1, low: null, high: null });
  });

  test('agrees with running moments, whatever the values and their order', () => {
    const value = fc.double({ min: -100, max: 100, noNaN: true });
    const seeds = fc.uniqueArray(fc.nat(50), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(seeds, fc.infiniteStream(value), (all_, stream) => {
        const draw = (): number => stream.next().value!;
        const pairs = all_.map((seed) => ({ seed, base: draw(), own: draw() }));
        const shuffled: ComparisonRow[] = [
          ...pairs.map(({ seed, own }) => ({ recipe: 'own', seed, values: { v: own } })),
          ...pairs.toReversed().map(({ seed, base }) => ({ recipe: 'base', seed, values: { v: base } })),
        ];
        const summary = summarize({ ...input, baseline: 'base', rows: shuffled }, 'own', 'v')!;
        // Welford's recurrence.
        const moments = (values: readonly number[]): [number, number] => {
          let mean = 0;
          let squares = 0;
          values.forEach((x, i) => {
            const delta = x - mean;
            mean += delta / (i + 1);
            squares += delta * (x - mean);
          });
          return [mean, Math.sqrt(squares / (values.length - 1))];
        };
        const [mean, deviation] = moments(pairs.map(({ own }) => own));
        const [shift, spread] = moments(pairs.map(({ own, base }) => own - base));
        expect(summary.mean).toBeCloseTo(mean, 8);
        expect(summary.standardDeviation).toBeCloseTo(deviation, 8);
        expect(summary.difference!.mean).toBeCloseTo(shift, 8);
        expect(summary.difference!.standardDeviation).toBeCloseTo(spread, 8);
      }),
      { numRuns: 60 },
    );
  });
});

describe('comparisonTable', () => {
  test('is Markdown', () => {
    expect(`\n${comparisonTable(input)}\n`).toBe(`
|                   | ce            | scn                    |
|-------------------|---------------|------------------------|
| test accuracy, %  | 71.0 ± 1.0    | 75.3 ± 1.5 (+4.3)      |
| calibration error | 0.220 ± 0.026 | 0.210 ± 0.042 (+0.005) |
| label edits       |               | 20.0 ± 10.0            |
| nothing           |               |                        |
`);
  });

  test('keeps its columns whatever recipes are called', () => {
    const named = rows.map((row) => ({ ...row, recipe: row.recipe === 'ce' ? 'ce' : 'a|b\nc' }));
    const lines = comparisonTable({ ...input, rows: named }).split('\n');
    expect(lines.length).toBe(6);
    expect(lines[0]).toContain('a\\|b c');
    for (const line of lines) expect(line.replaceAll('\\|', '').split('|').length).toBe(5);
  });
});

describe('renderComparison', () => {
  const cells = (page: ReturnType<typeof parse>) =>
    select(select(page, 'tbody')[0]!, 'tr').map((row) => select(row, 'td'));

  test('shows mean, spread, difference and interval', () => {
    const page = parse(renderComparison(input));
    expect(select(select(page, 'thead')[0]!, 'th').map(textOf)).toEqual(['', 'ce', 'scn']);
    expect(cells(page).map((row) => row.map(textOf))).toEqual([
      ['test accuracy, %', '71.0 ± 1.0', '75.3 ± 1.5 +4.3 [+2.9, +5.8]'],
      // Differences 0.03 and -0.02: t of one degree of freedom, 12.7062, times 0.025.
      ['calibration error', '0.220 ± 0.026', '0.210 ± 0.042 +0.005 [-0.313, +0.323]'],
      ['label edits', '–', '20.0 ± 10.0'],
      ['nothing', '–', '–'],
    ]);
    expect(textOf(page)).toContain('3 seeds');
  });

  test('colours a difference only where its interval excludes 0 and one direction is better', () => {
    const colour = (higherIsBetter: boolean | undefined, key = 'accuracy'): string | undefined => {
      const metric = { key, label: key, ...(higherIsBetter !== undefined && { higherIsBetter }) };
      const page = parse(renderComparison({ ...input, metrics: [metric] }));
      return select(cells(page)[0]![2]!, '.note')[0]!.attributes['class'];
    };
    expect(colour(true)).toBe('note better');
    expect(colour(false)).toBe('note worse');
    expect(colour(undefined)).toBe('note');
    expect(colour(true, 'error')).toBe('note');
    expect(colour(false, 'error')).toBe('note');
  });

  test('shows every run as a dot and its recipe on average as a bar', () => {
    const page = parse(renderComparison(input));
    const figures = select(sectionOf(page, 'Every run')!, 'figure');
    expect(figures.map((figure) => textOf(select(figure, 'figcaption')[0]!))).toEqual([
      'test accuracy, %',
      'calibration error',
      'label edits',
    ]);
    const dots = select(figures[0]!, 'circle');
    expect(dots.map((dot) => textOf(dot))).toEqual(['70.0', '72.0', '71.0', '75.0', '74.0', '77.0']);
    const x = dots.map((dot) => Number(dot.attributes['cx']));
    const scale = (x[5]! - x[0]!) / 0.07;
    [0.7, 0.72, 0.71, 0.75, 0.74, 0.77].forEach((value, i) =>
      expect(x[i]).toBeCloseTo(x[0]! + scale * (value - 0.7), 0),
    );
    const bars = select(figures[0]!, '.line').map((bar) => Number(bar.attributes['x1']));
    expect(bars[0]).toBeCloseTo(x[0]! + scale * 0.01, 0);
    expect(bars[1]).toBeCloseTo(x[0]! + scale * (2.26 / 3 - 0.7), 0);
  });

  test('draws curves where a recipe has them', () => {
    const section = sectionOf(parse(renderComparison(input)), 'Over the epochs')!;
    expect(select(section, 'figcaption').map(textOf)).toEqual(['scn: validation accuracy']);
    expect(select(section, 'li').map(textOf)).toEqual(['seed 0 0.74', 'seed 1 0.77']);
    expect(sectionOf(parse(renderComparison({ ...input, curves: [] })), 'Over the epochs')).toBeUndefined();
  });

  test('of one seed shows differences without an interval', () => {
    const page = parse(renderComparison({ ...input, rows: [rows[0]!, rows[4]!] }));
    expect(textOf(cells(page)[0]![2]!)).toBe('74.0 +4.0');
    expect(textOf(page)).not.toContain('1 seeds');
    expect(textOf(page)).toContain('One seed says nothing of the spread');
  });

  test('is well-formed, loads nothing and escapes all text', () => {
    const hostile = `<script src="https://example.org">'&</script>`;
    const page = parse(
      renderComparison({
        title: hostile,
        description: hostile,
        baseline: hostile,
        metrics: [{ key: 'accuracy', label: hostile, percent: true, higherIsBetter: true }],
        rows: [
          { recipe: hostile, seed: 0, values: { accuracy: 0.5 } },
          { recipe: 'other', seed: 0, values: { accuracy: 0.5 } },
        ],
        curves: [{ label: hostile, recipe: hostile, seed: 0, series: [0, 1] }],
      }),
    );
    expect(select(page, 'script')).toEqual([]);
    expect(all(page, ({ attributes }) => 'src' in attributes || 'href' in attributes)).toEqual([]);
    expect(textOf(select(page, 'h1')[0]!)).toBe(hostile);
    expect(textOf(select(select(page, 'thead')[0]!, 'th')[1]!)).toBe(hostile);
    expect(renderComparison(input)).not.toMatch(/https?:|url\(|@import|undefined|NaN|\[object/);
  });
});

test('refuses two rows of one seed, and a baseline that never ran', () => {
  for (const show of [comparisonTable, renderComparison, (one: ComparisonInput) => summarize(one, 'scn', 'accuracy')]) {
    expect(() => show({ ...input, rows: [...rows, rows[4]!] })).toThrow(OptionError);
    expect(() => show({ ...input, rows: [...rows, rows[4]!] })).toThrow(/'scn' has two rows of seed 0/);
    expect(() => show({ ...input, baseline: 'CE' })).toThrow(OptionError);
    expect(() => show({ ...input, baseline: 'CE' })).toThrow(/no row has the baseline 'CE'. Known: ce, scn/);
  }
});
