import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ablationExperiment, courses, headlines, metrics, rowName, summarizeResults } from '@selfcure/experiments';
import type { Metric, Result } from '@selfcure/experiments';
import { base, outcome, resultsOf } from './fabricated.ts';

const accuracy: Metric[] = [{ key: 'accuracy', label: 'accuracy', percent: true, paired: true }];
const summary = (results: readonly Result[], control: Record<string, string>) =>
  summarizeResults({ title: 'T', results, metrics: accuracy, control });

describe('headlines', () => {
  it('tell every difference with its interval, and say where there is none', () => {
    const results = [
      ...resultsOf({ recipe: 'ce' }, [0.5, 0.6, 0.7]),
      // Differences 0.04, 0.05, 0.06: sd 0.01, half width 4.302653 * 0.01 / sqrt(3) = 0.02484.
      ...resultsOf({ recipe: 'cure' }, [0.54, 0.65, 0.76]),
      // 0.1, 0.05, 0.15: half width 0.12421.
      ...resultsOf({ recipe: 'gce' }, [0.6, 0.65, 0.85]),
      ...resultsOf({ recipe: 'scn' }, [0.46, 0.55, 0.64]),
    ];
    expect(headlines(summary(results, { recipe: 'ce' }))).toEqual([
      'cure beats ce by +5.0 points [2.5, 7.5] over 3 seeds.',
      'gce and ce show no difference beyond the seeds: +10.0 points [-2.4, 22.4] over 3 seeds.',
      'scn falls behind ce by -5.0 points [-7.5, -2.5] over 3 seeds.',
    ]);
  });
  it('name what the rows of a control share, and count where rows are many', () => {
    const many = Array.from({ length: 12 }, (_, i) =>
      resultsOf({ noise: 'pair 20 %', recipe: `r${i}` }, i < 4 ? [0.61, 0.71] : [0.6, 0.7 + 0.001 * (i - 8)]),
    );
    const results = [...resultsOf({ noise: 'pair 20 %', recipe: 'ce' }, [0.6, 0.7]), ...many.flat()];
    const [count, high, low] = headlines(summary(results, { recipe: 'ce' }));
    // Four differ by the same in both seeds; one of the others not at all.
    expect(count).toBe(
      'Noise pair 20 %: Of 12 settings, 4 beat ce, 0 fall behind it, and 8 show no difference beyond the seeds.',
    );
    expect(high).toMatch(/^Noise pair 20 %: The highest of them, chosen with the test in view: r0 beats ce by \+1\.0/);
    expect(low).toMatch(/^Noise pair 20 %: The lowest: r4 and ce show no difference.*: -0\.2 points/);
  });
  it('of one seed say that it says nothing of the spread', () => {
    const results = [...resultsOf({ recipe: 'ce' }, [0.5]), ...resultsOf({ recipe: 'cure' }, [0.6])];
    expect(headlines(summary(results, { recipe: 'ce' }))).toEqual([
      'cure and ce differ by +10.0 points with one seed, which says nothing of the spread between runs.',
    ]);
    expect(headlines(summary(results, { recipe: 'none of these' }))).toEqual([]);
    expect(headlines(summary(results, { recipe: 'ce' }), 'harm')).toEqual([]);
  });
});

describe('rowName', () => {
  it.each([
    [{ recipe: 'cure', noise: 'pair 20 %' }, 'cure, noise pair 20 %'],
    [{ recipe: 'ce', 'margin 1': '-', beta: '' }, 'ce'],
    [{ weighting: 'x', rank: '-', relabel: 'x' }, 'weighting + relabel'],
    [{ weighting: '-', rank: '-', relabel: '-' }, 'none'],
    [{ pretraining: '-', 'fine-tuning': 'scn' }, 'fine-tuning scn'],
  ])('%j', (labels, name) => {
    expect(rowName(labels, Object.keys(labels))).toBe(name);
  });
});

describe('courses', () => {
  it('are means over seeds, epoch by epoch', () => {
    const results = [...resultsOf({ recipe: 'ce' }, [0.4, 0.8]), ...resultsOf({ recipe: 'cure' }, [0.6, 0.6])];
    const plots = courses(summary(results, { recipe: 'ce' }), results);
    expect(plots.map(({ title, kind }) => [title, kind])).toEqual([['Validation accuracy', 'course']]);
    const [ce, cure] = plots[0]!.series;
    expect([ce!.label, cure!.label]).toEqual(['ce', 'cure']);
    expect(ce!.points.map(({ x, mean }) => [x, mean])).toEqual([
      [1, 0.30000000000000004],
      [2, 0.6000000000000001],
    ]);
    expect(ce!.points[1]!.standardDeviation).toBeCloseTo(Math.sqrt(0.08), 12);
    expect(cure!.points[0]!.standardDeviation).toBe(0);
  });
  it('never hold more than eight lines, the control among them', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 }), (values) => {
        const results = [
          ...resultsOf({ recipe: 'ce' }, [0.5]),
          ...values.flatMap((value, i) => resultsOf({ recipe: `r${i}` }, [value])),
        ];
        const [plot] = courses(summary(results, { recipe: 'ce' }), results);
        const shown = plot!.series.map(({ label }) => label);
        expect(shown).toHaveLength(Math.min(8, values.length + 1));
        expect(new Set(shown).size).toBe(shown.length);
        expect(shown[0]).toBe('ce');
        const best = values.indexOf(Math.max(...values));
        if (values.filter((value) => value === values[best]).length === 1) expect(shown).toContain(`r${best}`);
      }),
    );
  });
});

describe('effects of modules', () => {
  it('are those of a factorial design: an additive effect comes back, whatever the others do', () => {
    const add = { weighting: 0.01, rank: -0.02, relabel: 0.05 };
    const { jobs, summarize } = ablationExperiment({ base });
    const results = jobs.map(({ labels, spec }) => {
      const effect = Object.entries(add).reduce(
        (sum, [module, value]) => sum + (labels[module] === 'x' ? value : 0),
        0.5 + 0.01 * spec.seed,
      );
      // An interaction, which cancels out of neither and moves both effects by half of it.
      const both = labels['rank'] === 'x' && labels['relabel'] === 'x' ? 0.004 : 0;
      return { labels, spec, outcome: outcome(effect + both) };
    });
    const effects = summarize(results)[1]!;
    const difference = (module: string): number =>
      effects.rows.find(({ labels }) => labels['module'] === module && labels['switched'] === 'on')!.cells['accuracy']!
        .difference!.mean;
    expect(difference('weighting')).toBeCloseTo(0.01, 10);
    expect(difference('rank')).toBeCloseTo(-0.02 + 0.002, 10);
    expect(difference('relabel')).toBeCloseTo(0.05 + 0.002, 10);
    // A seed that lacks a combination says nothing of effects.
    const fewer = summarize(results.slice(1))[1]!;
    expect(fewer.rows.every(({ seeds }) => seeds.length === 2)).toBe(true);
    expect(metrics.filter(({ paired }) => paired).map(({ key }) => key)).toEqual(effects.metrics.map(({ key }) => key));
  });
});
