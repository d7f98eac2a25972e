import { summarizeResults } from '../table/summarize.ts';
import { metrics, overSeeds } from './experiment.ts';
import type { Experiment, ExperimentOptions } from './experiment.ts';
import { standardRecipes, thirdOf, withRecipe } from './recipes.ts';

/**
 * The eight combinations of SCN's three modules (Table 4 of the paper), on the noise of `base`. The one without any is cross-entropy; the one with
 * relabelling alone is cross-entropy + relabelling within the low-importance group's rule, so the control `ce + relabel`, which relabels every sample, stands beside them.
 *
 * @example const { jobs, summarize } = ablationExperiment({ base });
 */
export function ablationExperiment({ base, seeds }: ExperimentOptions): Experiment {
  const relabelEpoch = thirdOf(base.epochs);
  const mark = (on: boolean): string => (on ? 'x' : '-');
  const combinations = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => {
    const [weighting, rank, relabel] = [(bits & 1) > 0, (bits & 2) > 0, (bits & 4) > 0];
    return {
      labels: { weighting: mark(weighting), rank: mark(rank), relabel: mark(relabel) },
      recipe: { use: 'scn', weighting, rank, relabel, relabelEpoch },
    };
  });
  const control = standardRecipes(base.epochs)[1]!;
  return {
    name: 'ablation',
    description:
      'Each of the three modules of SCN on and off; differences are to none of them, which is cross-entropy.',
    jobs: [
      ...combinations.flatMap(({ labels, recipe }) => overSeeds(seeds, labels, { ...base, recipe })),
      ...overSeeds(seeds, { weighting: '-', rank: '-', relabel: 'every sample' }, withRecipe(base, control)),
    ],
    summarize: (results) => [
      summarizeResults({
        title: 'Ablation',
        results,
        metrics,
        control: { weighting: '-', rank: '-', relabel: '-' },
      }),
    ],
  };
}
