import { summarizeResults } from '../table/summarize.ts';
import { metrics, overSeeds } from './experiment.ts';
import type { Experiment, ExperimentOptions } from './experiment.ts';
import { standardRecipes, withControls, withRecipe } from './recipes.ts';
import type { NamedRecipe } from './recipes.ts';

/** Options of {@link compareExperiment}. */
export interface CompareExperimentOptions extends ExperimentOptions {
  /** Compared with the controls `ce` and `ce + relabel`, which are always there. Default: the standard recipes. */
  readonly recipes?: readonly NamedRecipe[];
  readonly name?: string;
  readonly description?: string;
}

/**
 * Recipes on one data set with the noise that it has.
 *
 * @example const { jobs } = compareExperiment({ base, recipes: [{ name: 'gce', recipe: { use: 'gce' } }] });
 */
export function compareExperiment({
  base,
  seeds,
  recipes,
  name = 'compare',
  description = 'Recipes on the same data. Differences are to ce with the same seed.',
}: CompareExperimentOptions): Experiment {
  const all = withControls(base.epochs, recipes ?? standardRecipes(base.epochs));
  return {
    name,
    description,
    jobs: all.flatMap((recipe) => overSeeds(seeds, { recipe: recipe.name }, withRecipe(base, recipe))),
    summarize: (results) => [summarizeResults({ title: 'Recipes', results, metrics, control: { recipe: 'ce' } })],
  };
}
