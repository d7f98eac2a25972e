import type { NoiseSpec } from '../spec/run-spec.ts';
import { summarizeResults } from '../table/summarize.ts';
import { spreadOf } from '../table/spread.ts';
import { metrics, overSeeds, percent } from './experiment.ts';
import type { Experiment, ExperimentOptions } from './experiment.ts';
import { oracles, standardRecipes, withControls, withRecipe } from './recipes.ts';
import type { NamedRecipe } from './recipes.ts';

/** Options of {@link noiseExperiment}. */
export interface NoiseExperimentOptions extends ExperimentOptions {
  /** Default: symmetric 0, 10, 20, 30 and 40 %, pair and FER-like 20 %, feature-dependent 20 %. */
  readonly noises?: readonly NoiseSpec[];
  /** Compared with the controls `ce` and `ce + relabel`, which are always there. Default: the standard recipes, and wrong labels left out. */
  readonly recipes?: readonly NamedRecipe[];
}

const defaultNoises: readonly NoiseSpec[] = [
  ...[0, 0.1, 0.2, 0.3, 0.4].map((rate) => ({ kind: 'symmetric' as const, rate })),
  ...(['pair', 'fer-like', 'feature-dependent'] as const).map((kind) => ({ kind, rate: 0.2 })),
];

const nameOf = ({ kind, rate }: NoiseSpec): string => (rate === 0 ? 'none' : `${kind} ${percent(rate)}`);

/**
 * Recipes under noise of several kinds and rates (SCN's Table 2, and noise that depends on the image).
 *
 * @example const { jobs, summarize } = noiseExperiment({ base, seeds: [0, 1, 2] });
 */
export function noiseExperiment({ base, seeds, noises = defaultNoises, recipes }: NoiseExperimentOptions): Experiment {
  const all = withControls(base.epochs, recipes ?? [...standardRecipes(base.epochs), oracles[0]!]);
  return {
    name: 'noise',
    description:
      'Wrong labels are put into the training set; accuracy is that on right labels. Differences are to ce with the same seed.',
    jobs: noises.flatMap((noise) =>
      all
        .filter(({ over }) => noise.rate > 0 || !over?.oracle)
        .flatMap((recipe) =>
          overSeeds(seeds, { noise: nameOf(noise), recipe: recipe.name }, withRecipe({ ...base, noise }, recipe)),
        ),
    ),
    summarize: (results) => [summarizeResults({ title: 'Noise', results, metrics, control: { recipe: 'ce' } })],
    plots: (results) =>
      [...new Set(noises.map(({ kind }) => kind))].flatMap((kind) => {
        const rates = noises.filter((noise) => noise.kind === kind || noise.rate === 0);
        if (rates.length < 2) return [];
        return [
          {
            title: `Test accuracy under ${kind} noise`,
            x: 'noise rate',
            y: 'test accuracy',
            percent: true,
            kind: 'lines' as const,
            series: all.map(({ name }) => ({
              label: name,
              points: rates.flatMap((noise) => {
                const spread = spreadOf(
                  results.filter(({ labels }) => labels['noise'] === nameOf(noise) && labels['recipe'] === name),
                  'accuracy',
                );
                return spread ? [{ x: noise.rate, ...spread }] : [];
              }),
            })),
          },
        ];
      }),
  };
}
