import { summarizeResults } from '../table/summarize.ts';
import { spreadOf } from '../table/spread.ts';
import { metrics, overSeeds } from './experiment.ts';
import type { Experiment, ExperimentOptions } from './experiment.ts';
import { oracles, thirdOf, withRecipe } from './recipes.ts';
import type { NamedRecipe } from './recipes.ts';

/** Options of {@link trustedExperiment}. */
export interface TrustedExperimentOptions extends ExperimentOptions {
  /** Numbers of verified labels; 0, where the control stands, is always there. Default 50, 100, 300. */
  readonly counts?: readonly number[];
}

/**
 * Accuracy against the number of labels that a person has verified: forward correction with the matrix that they give, beside cross-entropy whose predictions are
 * corrected on the same labels, the control of every such claim.
 *
 * @example const { jobs, plots } = trustedExperiment({ base, counts: [0, 100] });
 */
export function trustedExperiment({
  base,
  seeds,
  counts: some = [50, 100, 300],
}: TrustedExperimentOptions): Experiment {
  const counts = [...new Set([0, ...some])];
  const start = thirdOf(base.epochs);
  const without: readonly NamedRecipe[] = [
    { name: 'ce', recipe: { use: 'ce' } },
    { name: 'ce + relabel', recipe: { use: 'ce-relabel', start } },
    { name: 'cure', recipe: { use: 'cure', start } },
  ];
  const verified = (count: number): readonly NamedRecipe[] => [
    { name: 'ce, offsets on verified', recipe: { use: 'ce' }, over: { verified: count, recalibrate: 'offsets' } },
    { name: 'ce, matrix on verified', recipe: { use: 'ce' }, over: { verified: count, recalibrate: 'matrix' } },
    { name: 'cure', recipe: { use: 'cure', start }, over: { verified: count } },
    { name: 'forward', recipe: { use: 'forward', transition: 'verified' }, over: { verified: count } },
    {
      name: 'forward, offsets on verified',
      recipe: { use: 'forward', transition: 'verified' },
      over: { verified: count, recalibrate: 'offsets' },
    },
    {
      name: 'forward, matrix on verified',
      recipe: { use: 'forward', transition: 'verified' },
      over: { verified: count, recalibrate: 'matrix' },
    },
  ];
  const rows = counts.flatMap((count) =>
    (count === 0 ? without : verified(count)).map((recipe) => ({ count, recipe })),
  );
  const names = [...new Set(rows.map(({ recipe }) => recipe.name))];
  return {
    name: 'trusted',
    description:
      'What verified labels are worth. Verified samples are drawn at random within given labels. Differences are to ce with the same seed.',
    jobs: [
      ...rows.flatMap(({ count, recipe }) =>
        overSeeds(seeds, { verified: String(count), recipe: recipe.name }, withRecipe(base, recipe)),
      ),
      ...oracles.flatMap((recipe) =>
        overSeeds(seeds, { verified: 'all', recipe: recipe.name }, withRecipe(base, recipe)),
      ),
    ],
    summarize: (results) => [
      summarizeResults({ title: 'Verified labels', results, metrics, control: { verified: '0', recipe: 'ce' } }),
    ],
    plots: (results) => {
      const spread = (recipe: string, verified: string) =>
        spreadOf(
          results.filter(({ labels }) => labels['recipe'] === recipe && labels['verified'] === verified),
          'accuracy',
        );
      /** Nothing is corrected on no verified labels. */
      const at = (recipe: string, count: number) =>
        spread(count === 0 && recipe.startsWith('ce, ') ? 'ce' : recipe, String(count));
      return [
        {
          title: 'Test accuracy against the number of verified labels',
          x: 'verified labels',
          y: 'test accuracy',
          percent: true,
          kind: 'lines',
          series: names
            .filter((name) => verified(1).some((recipe) => recipe.name === name))
            .map((name) => ({
              label: name,
              points: counts.flatMap((count) => {
                const found = at(name, count);
                return found ? [{ x: count, ...found }] : [];
              }),
            })),
          references: [
            ...without.slice(0, 2).map(({ name }) => ({ label: name, found: spread(name, '0') })),
            ...oracles.map(({ name }) => ({ label: name, found: spread(name, 'all') })),
          ].flatMap(({ label, found }) => (found ? [{ label, ...found }] : [])),
        },
      ];
    },
  };
}
