import type { Result } from '../execute/job.ts';
import type { Figures, RunOutcome } from '../spec/run-spec.ts';
import { summarizeResults } from '../table/summarize.ts';
import { metrics, overSeeds } from './experiment.ts';
import type { Experiment, ExperimentOptions } from './experiment.ts';
import { standardRecipes, thirdOf } from './recipes.ts';
import type { NamedRecipe } from './recipes.ts';

/**
 * The eight combinations of SCN's three modules (Table 4 of the paper), on the noise of `base`. The one without any is cross-entropy, a control. The one with
 * relabelling alone has no importance to choose candidates by, so every sample is one: it is the other control, cross-entropy + relabelling.
 *
 * @example const { jobs, summarize } = ablationExperiment({ base });
 */
export function ablationExperiment({ base, seeds }: ExperimentOptions): Experiment {
  const relabelEpoch = thirdOf(base.epochs);
  const [ce, ceRelabel] = standardRecipes(base.epochs) as [NamedRecipe, NamedRecipe];
  const mark = (on: boolean): string => (on ? 'x' : '-');
  const combinations = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => {
    const [weighting, rank, relabel] = [(bits & 1) > 0, (bits & 2) > 0, (bits & 4) > 0];
    const control = relabel ? ceRelabel : ce;
    return {
      labels: { weighting: mark(weighting), rank: mark(rank), relabel: mark(relabel) },
      recipe: weighting || rank ? { use: 'scn', weighting, rank, relabel, relabelEpoch } : control.recipe,
    };
  });
  return {
    name: 'ablation',
    description:
      'Each of the three modules of SCN on and off; differences are to none of them, which is cross-entropy. Relabelling alone is cross-entropy with relabelling of every sample, for there is no importance to choose by.',
    jobs: combinations.flatMap(({ labels, recipe }) => overSeeds(seeds, labels, { ...base, recipe })),
    summarize: (results) => [
      summarizeResults({
        title: 'Ablation',
        results,
        metrics,
        control: { weighting: '-', rank: '-', relabel: '-' },
      }),
      summarizeResults({
        title: 'Effect of each module, over the four combinations of the others',
        results: moduleEffects(results),
        metrics: metrics.filter(({ paired }) => paired),
        control: { switched: 'off' },
      }),
    ],
  };
}

/** For every module and seed, the mean over the four combinations with it and over the four without. */
function moduleEffects(results: readonly Result[]): Result[] {
  const seeds = [...new Set(results.map(({ spec }) => spec.seed))];
  return ['weighting', 'rank', 'relabel'].flatMap((module) =>
    seeds.flatMap((seed) => {
      const [off, on] = ['-', 'x'].map((mark) =>
        results.filter(({ spec, labels }) => spec.seed === seed && labels[module] === mark),
      ) as [Result[], Result[]];
      // Means over fewer would compare other things than the module.
      if (off.length !== 4 || on.length !== 4) return [];
      return Object.entries({ off, on }).map(([state, some]): Result => {
        const outcome: RunOutcome = { ...some[0]!.outcome, figures: meanFigures(some), curves: {}, warnings: [] };
        return { labels: { module, switched: state }, spec: some[0]!.spec, outcome };
      });
    }),
  );
}

function meanFigures(results: readonly Result[]): Figures {
  return Object.fromEntries(
    Object.keys(results[0]!.outcome.figures).map((name) => {
      const values = results.map(({ outcome }) => outcome.figures[name] ?? null);
      const known = values.filter((value) => value !== null);
      return [
        name,
        known.length === values.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null,
      ];
    }),
  );
}
