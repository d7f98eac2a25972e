import { pairedDifference } from '@selfcure/core';
import { renderExperiment } from '@selfcure/report';
import type { ExperimentInput, ExperimentPlot, ExperimentTable } from '@selfcure/report';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { all, parse, sectionOf, select, textOf } from './markup.ts';
import type { Element } from './markup.ts';

const metrics: ExperimentTable['metrics'] = [
  { key: 'accuracy', label: 'accuracy', percent: true, paired: true, group: 'quality' },
  { key: 'harm', label: 'right labels broken', percent: true, group: 'labels' },
  { key: 'seconds', label: 'seconds', group: 'cost' },
];
const cell = (values: readonly number[], control?: readonly number[]) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    mean,
    standardDeviation: Math.sqrt(
      values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1),
    ),
    difference: control ? pairedDifference(values, control) : null,
  };
};
const control = [0.5, 0.52, 0.51];
const table: ExperimentTable = {
  title: 'Recipes',
  labelNames: ['recipe'],
  metrics,
  control: { recipe: 'ce' },
  rows: [
    { labels: { recipe: 'ce' }, seeds: [0, 1, 2], cells: { accuracy: cell(control), harm: null, seconds: cell([8]) } },
    {
      labels: { recipe: 'cure' },
      seeds: [0, 1, 2],
      cells: { accuracy: cell([0.55, 0.57, 0.565], control), harm: cell([0.02]), seconds: null },
    },
    {
      labels: { recipe: 'scn' },
      seeds: [0, 1, 2],
      cells: { accuracy: cell([0.45, 0.47, 0.46], control), harm: null, seconds: null },
    },
    {
      labels: { recipe: 'gce' },
      seeds: [0, 1, 2],
      cells: { accuracy: cell([0.5, 0.53, 0.5], control), harm: null, seconds: null },
    },
  ],
};
const lines: ExperimentPlot = {
  title: 'Accuracy over margin 2',
  kind: 'lines',
  x: 'margin 2',
  y: 'accuracy',
  percent: true,
  series: [
    {
      label: 'scn',
      points: [
        { x: 0.2, mean: 0.6, standardDeviation: 0.01 },
        { x: 0, mean: 0.5, standardDeviation: 0.02 },
        { x: 0.1, mean: 0.55, standardDeviation: null },
      ],
    },
  ],
  references: [{ label: 'ce', mean: 0.58, standardDeviation: 0.01 }],
};
const map: ExperimentPlot = {
  title: 'Accuracy over both margins',
  kind: 'map',
  x: 'margin 2',
  rows: 'margin 1',
  y: 'accuracy',
  percent: true,
  series: [
    {
      label: '0.1',
      points: [
        { x: 0, mean: 0.5, standardDeviation: 0.01 },
        { x: 0.5, mean: 0.6, standardDeviation: 0.03 },
      ],
    },
    { label: '0.2', points: [{ x: 0, mean: 0.55, standardDeviation: 0.02 }] },
  ],
};
const input: ExperimentInput = {
  title: 'Recipes on the same data',
  description: 'Three seeds.',
  facts: [['network', 'face-cnn']],
  headline: ['cure beats ce by +5.2 points [4.4, 5.9] over 3 seeds.'],
  tables: [table],
  plots: [lines, map],
  courses: [{ ...lines, title: 'Validation accuracy', kind: 'course', x: 'epoch', references: [] }],
  notes: ['2 of the runs are not done; tables hold the others.'],
  failures: [{ name: 'cure, seed 3', message: 'no numbers' }],
  warnings: [{ message: 'labels feed on themselves', runs: 2 }],
  command: 'selfcure experiment compare --seeds 0,1,2',
  manifest: { base: { epochs: 25 } },
};
const figureOf = (page: Element, title: string): Element =>
  select(page, 'figure').find((figure) => textOf(select(figure, 'figcaption')[0]!) === title)!;
const numbers = (path: string): number[] => [...path.matchAll(/-?\d+(\.\d+)?/g)].map(([text]) => Number(text));

describe('the page of an experiment', () => {
  const page = parse(renderExperiment(input));

  test('says what came out, what was done, what is missing, and how to do it again', () => {
    expect(textOf(sectionOf(page, 'What came out')!)).toContain(
      'cure beats ce by +5.2 points [4.4, 5.9] over 3 seeds.',
    );
    expect(textOf(sectionOf(page, 'What was done')!)).toContain('network face-cnn');
    expect(textOf(sectionOf(page, 'What is missing')!)).toMatch(
      /2 of the runs are not done.*cure, seed 3 failed: no numbers/,
    );
    expect(textOf(sectionOf(page, 'Warnings of the runs')!)).toContain('labels feed on themselves (2 runs)');
    expect(textOf(sectionOf(page, 'Do it again')!)).toContain('selfcure experiment compare --seeds 0,1,2');
    expect(select(sectionOf(page, 'Manifest')!, 'td').map(textOf)).toEqual(['base.epochs', '25']);
  });

  test('tables hold means, spread and differences, and mark what excludes 0 without colour alone', () => {
    const rows = select(sectionOf(page, 'Recipes')!, 'tr').map((row) =>
      all(row, ({ name }) => name === 'td' || name === 'th').map(textOf),
    );
    expect(rows[0]).toEqual(['recipe', 'seeds', 'accuracy, %']);
    expect(rows[1]).toEqual(['ce', '3', '51.0 ± 1.0']);
    // Differences 0.05, 0.05, 0.055: mean 0.0517, sd 0.002887, half width 4.302653 * 0.002887 / sqrt(3) = 0.00717.
    expect(rows[2]).toEqual(['cure', '3', '56.2 ± 1.0 ▲ +5.2 [4.4, 5.9]']);
    expect(rows[3]![2]).toMatch(/▼ -5\.0 \[/);
    // 0, 0.01, -0.01.
    expect(rows[4]![2]).toBe('51.0 ± 1.7 0.0 [-2.5, 2.5]');
    expect(rows[5]).toEqual(['recipe', 'seeds', 'right labels broken, %']);
  });

  test('error bars reach one standard deviation, points rise with x, references lie across', () => {
    const figure = figureOf(page, 'Accuracy over margin 2');
    const paths = select(figure, 'path').map(({ attributes }) => attributes);
    const line = numbers(paths.find(({ class: name, d }) => name === 'trace trace-0' && d!.includes('L'))!['d']!);
    const [x0, y0, x1, y1, x2, y2] = line as [number, number, number, number, number, number];
    expect(x0).toBeLessThan(x1);
    expect(x2 - x1).toBeCloseTo(x1 - x0, 0);
    expect(y0 - y1).toBeCloseTo(y1 - y2, 0);
    const bars = paths.filter(({ class: name }) => name === 'trace trace-0 bar-line').map(({ d }) => numbers(d!));
    expect(bars).toHaveLength(2);
    const unit = (y0 - y2) / 0.1;
    // Of the first point: from mean + sd to mean - sd.
    expect(bars[0]![2]! - bars[0]![1]!).toBeCloseTo(2 * 0.02 * unit, 0);
    const reference = select(figure, 'line').find(({ attributes }) => attributes['class']!.includes('reference'))!;
    expect(Number(reference.attributes['y1'])).toBeCloseTo(y2 + 0.02 * unit, 0);
    expect(textOf(select(figure, 'ul')[0]!)).toBe('scn ce 58.0 ± 1.0 %');
  });

  test('a series without points is not shown and leaves the looks of the others as they are', () => {
    const two: ExperimentPlot = { ...lines, series: [{ label: 'gone', points: [] }, ...lines.series], references: [] };
    const figure = figureOf(parse(renderExperiment({ ...input, plots: [two] })), 'Accuracy over margin 2');
    expect(textOf(select(figure, 'ul')[0]!)).toBe('scn');
    expect(select(figure, '.trace-0')).toEqual([]);
    expect(select(figure, '.trace-1').length).toBeGreaterThan(0);
  });

  test('the map shows every value as a number, frames the highest, and leaves what is missing open', () => {
    const figure = figureOf(page, 'Accuracy over both margins');
    const cells = select(figure, '.number-in').map(textOf);
    expect(cells).toEqual(['50.0', '60.0', '55.0']);
    expect(select(figure, '.square')).toHaveLength(3);
    expect(select(figure, '.top')).toHaveLength(1);
    expect(select(figure, 'g').map((group) => textOf(select(group, 'title')[0]!))).toContain(
      'margin 1 0.1, margin 2 0.5: 60.0 ± 3.0 %',
    );
    expect(select(figure, 'text').filter((text) => textOf(text) === '–')).toHaveLength(1);
    // The median of 1, 2 and 3.
    expect(textOf(figure)).toContain('Standard deviation over seeds: 2.0 points');
  });

  test('differences point up, down or nowhere', () => {
    const figure = figureOf(page, 'Recipes');
    expect(select(figure, '.row-label').map(textOf)).toEqual(['cure', 'scn', 'gce']);
    expect(
      [select(figure, '.above'), select(figure, '.below'), select(figure, '.open')].map(({ length }) => length),
    ).toEqual([1, 1, 1]);
    expect(select(figure, '.interval')).toHaveLength(3);
  });

  test('one chart of differences for every control; none where rows are too many to compare', () => {
    const noisy: ExperimentTable = {
      ...table,
      labelNames: ['noise', 'recipe'],
      rows: ['pair', 'symmetric'].flatMap((noise) =>
        table.rows.map((row) => ({ ...row, labels: { noise, ...row.labels } })),
      ),
    };
    const many: ExperimentTable = { ...table, title: 'Many', rows: Array.from({ length: 30 }, () => table.rows[1]!) };
    const both = parse(renderExperiment({ ...input, tables: [noisy, many] }));
    const captions = select(sectionOf(both, 'Paired differences')!, 'figcaption').map(textOf);
    expect(captions).toEqual(['Recipes: noise pair', 'Recipes: noise symmetric']);
    expect(textOf(sectionOf(both, 'Many')!)).toContain('▲ +5.2');
  });

  test('one chart for all controls where each has a row or two', () => {
    const effects: ExperimentTable = {
      ...table,
      title: 'Effects',
      labelNames: ['module', 'switched'],
      control: { switched: 'off' },
      rows: ['rank', 'relabel'].flatMap((module) =>
        table.rows.slice(0, 2).map((row, i) => ({ ...row, labels: { module, switched: i === 0 ? 'off' : 'on' } })),
      ),
    };
    const section = sectionOf(parse(renderExperiment({ ...input, tables: [effects] })), 'Paired differences')!;
    expect(select(section, 'figcaption').map(textOf)).toEqual(['Effects']);
    expect(select(section, '.row-label').map(textOf)).toEqual([
      'module rank: switched on',
      'module relabel: switched on',
    ]);
  });

  test('of nothing is a page that says so', () => {
    const empty = parse(
      renderExperiment({ title: 'T', description: 'D', facts: [], headline: [], tables: [], plots: [] }),
    );
    expect(textOf(sectionOf(empty, 'What came out')!)).toContain('There is nothing to compare yet');
    const bare = { ...lines, series: [{ label: 'none', points: [] }], references: [] };
    expect(() =>
      parse(renderExperiment({ ...input, plots: [bare, { ...bare, kind: 'map' }], tables: [{ ...table, rows: [] }] })),
    ).not.toThrow();
  });

  test('loads nothing, runs nothing, whatever names say', () => {
    const hostile = fc.oneof(
      fc.constantFrom(
        '</title><script>alert(1)</script>',
        '"><img src=x onerror=alert(1)>',
        "' onmouseover='alert(1)",
        '</style><script>alert(1)</script>',
        '</text></svg><iframe src=javascript:alert(1)>',
        '-->&<![CDATA[',
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        const html = renderExperiment({
          title: text,
          description: text,
          facts: [[text, text]],
          headline: [text],
          notes: [text],
          failures: [{ name: text, message: text }],
          warnings: [{ message: text, runs: 1 }],
          command: text,
          manifest: { [text]: text },
          tables: [
            {
              ...table,
              title: text,
              labelNames: [text],
              control: { [text]: text },
              metrics: metrics.map((metric) => ({ ...metric, label: text })),
              rows: table.rows.map((row, i) => ({ ...row, labels: { [text]: i === 0 ? text : `${text}${i}` } })),
            },
          ],
          plots: [lines, map].map((plot) => ({
            ...plot,
            title: text,
            x: text,
            y: text,
            rows: text,
            series: plot.series.map((one) => ({ ...one, label: text })),
            references: [{ label: text, mean: 0.5, standardDeviation: null }],
          })),
        });
        // Refuses whatever is not escaped, and elements that are not closed in order.
        const read = parse(html);
        const elements = all(read, () => true);
        expect(elements.some(({ name }) => ['script', 'iframe', 'img', 'link', 'object', 'a'].includes(name))).toBe(
          false,
        );
        for (const { attributes } of elements)
          expect(Object.keys(attributes).some((name) => /^on|^href$|^src$|^xlink/i.test(name))).toBe(false);
        expect(html).toContain("default-src 'none'");
      }),
      { numRuns: 60 },
    );
  });
});
