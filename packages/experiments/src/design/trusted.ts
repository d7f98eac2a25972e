import type { Result } from '../execute/job.ts';
import type { Figures } from '../spec/run-spec.ts';
import { summarizeResults } from '../table/summarize.ts';
import { spreadOf } from '../table/spread.ts';
import { metrics, overSeeds } from './experiment.ts';
import type { Experiment, ExperimentOptions } from './experiment.ts';
import { oracles, standardRecipes, withRecipe } from './recipes.ts';
import type { NamedRecipe } from './recipes.ts';

/** Options of {@link trustedExperiment}. */
export interface TrustedExperimentOptions extends ExperimentOptions {
  /** Numbers of verified labels; 0, where the control stands, is always there. Default 50, 100, 300. */
  readonly counts?: readonly number[];
}

/**
 * Corrections of predictions as rows name them. A network that forward correction has trained predicts true classes already; on few verified labels
 * the gate of `cure` is shut, and its corrections would be those of `ce`.
 */
const corrections = [
  ['transition', 'divided by the transition matrix', ['ce']],
  ['offsets', 'class offsets', ['ce', 'forward']],
  ['matrix', 'matrix scaling', ['ce', 'forward']],
] as const;

const clean = oracles[1]!.name;

/**
 * Accuracy against the number of labels that a person has verified: forward correction with the matrix that they give and gated relabelling, beside cross-entropy
 * whose predictions are corrected on the same labels, the control of every such claim. `gapShare` is what a row has of the distance between cross-entropy on
 * the given labels and on right ones, seed by seed; a seed where right labels gain nothing has none.
 *
 * @example const { jobs, plots } = trustedExperiment({ base, counts: [0, 100] });
 */
export function trustedExperiment({
  base,
  seeds,
  counts: some = [50, 100, 300],
}: TrustedExperimentOptions): Experiment {
  const counts = [...new Set([0, ...some])];
  const without: readonly NamedRecipe[] = [...standardRecipes(base.epochs), { name: 'gce', recipe: { use: 'gce' } }];
  const [ce, cure] = [without[0]!, without.find(({ name }) => name === 'cure')!];
  const forward: NamedRecipe = { name: 'forward', recipe: { use: 'forward', transition: 'verified' } };
  const rows = counts.flatMap((verified) =>
    (verified === 0 ? without : [ce, cure, forward].map((recipe) => ({ ...recipe, over: { verified } }))).map(
      (recipe) => ({ verified, recipe }),
    ),
  );
  const names = [ce, cure, forward].flatMap(({ name }) => [
    name,
    ...corrections.flatMap(([, label, recipes]) =>
      recipes.some((recipe) => recipe === name) ? [`${name}, ${label}`] : [],
    ),
  ]);
  return {
    name: 'trusted',
    description:
      'What verified labels are worth. Verified samples are drawn at random within given labels and stay out of the loss. Differences are to ce with the same seed.',
    jobs: [
      ...rows.flatMap(({ verified, recipe }) =>
        overSeeds(seeds, { verified: String(verified), recipe: recipe.name }, withRecipe(base, recipe)),
      ),
      ...oracles.flatMap((recipe) =>
        overSeeds(seeds, { verified: 'all', recipe: recipe.name }, withRecipe(base, recipe)),
      ),
    ],
    summarize: (results) => [
      summarizeResults({
        title: 'Verified labels',
        results: withGapShare(withCorrections(results)),
        metrics: [
          ...metrics.slice(0, 2),
          { key: 'gapShare', label: 'share of the gap', percent: true, group: 'quality' },
          ...metrics.slice(2),
        ],
        control: { verified: '0', recipe: 'ce' },
      }),
    ],
    plots: (results) => {
      const all = withCorrections(results);
      const spread = (recipe: string, verified: string) =>
        spreadOf(
          all.filter(({ labels }) => labels['recipe'] === recipe && labels['verified'] === verified),
          'accuracy',
        );
      return [
        {
          title: 'Test accuracy against the number of verified labels',
          x: 'verified labels',
          y: 'test accuracy',
          percent: true,
          kind: 'lines',
          series: names.flatMap((label) => {
            const points = counts.flatMap((count) => {
              // Nothing is corrected on no verified labels.
              const found = spread(count === 0 ? label.replace(/,.*/, '') : label, String(count));
              return found ? [{ x: count, ...found }] : [];
            });
            return points.length > 0 ? [{ label, points }] : [];
          }),
          references: [
            { label: 'ce + relabel', found: spread('ce + relabel', '0') },
            ...oracles.map(({ name }) => ({ label: name, found: spread(name, 'all') })),
          ].flatMap(({ label, found }) => (found ? [{ label, ...found }] : [])),
        },
      ];
    },
  };
}

/** The results, and those of the same trainings after each correction of their predictions. */
function withCorrections(results: readonly Result[]): readonly Result[] {
  return results.flatMap((result) => {
    const { labels, outcome } = result;
    const own = corrections.filter(([, , recipes]) => recipes.some((name) => name === labels['recipe']));
    return [
      result,
      ...own.flatMap(([name, label]) => {
        const figures = figuresUnder(outcome.figures, name);
        if (!('accuracy' in figures)) return [];
        return [
          {
            ...result,
            labels: { ...labels, recipe: `${labels['recipe']}, ${label}` },
            outcome: { ...outcome, figures },
          },
        ];
      }),
    ];
  });
}

/** Figures `prefix/name` as `name`. */
const figuresUnder = (figures: Figures, prefix: string): Figures =>
  Object.fromEntries(
    Object.entries(figures).flatMap(([name, value]) =>
      name.startsWith(`${prefix}/`) ? [[name.slice(prefix.length + 1), value]] : [],
    ),
  );

/** The results with what each has of the distance from `ce` to `ce` on right labels, of its seed. */
function withGapShare(results: readonly Result[]): readonly Result[] {
  const accuracyOf = (recipe: string, verified: string, seed: number): number | null =>
    results.find(
      ({ labels, spec }) => labels['recipe'] === recipe && labels['verified'] === verified && spec.seed === seed,
    )?.outcome.figures['accuracy'] ?? null;
  return results.map((result) => {
    const { seed } = result.spec;
    const [low, high] = [accuracyOf('ce', '0', seed), accuracyOf(clean, 'all', seed)];
    const accuracy = result.outcome.figures['accuracy'] ?? null;
    if (low === null || high === null || accuracy === null || high <= low) return result;
    const gapShare = (accuracy - low) / (high - low);
    return { ...result, outcome: { ...result.outcome, figures: { ...result.outcome.figures, gapShare } } };
  });
}
