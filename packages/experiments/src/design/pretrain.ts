import { summarizeResults } from '../table/summarize.ts';
import { metrics, overSeeds } from './experiment.ts';
import type { Experiment, ExperimentOptions } from './experiment.ts';
import { standardRecipes, withRecipe } from './recipes.ts';
import { weakRun } from './weak-run.ts';
import type { WeakOptions } from './weak-run.ts';

/** Options of {@link pretrainExperiment}. */
export interface PretrainExperimentOptions extends ExperimentOptions {
  /** The weakly labelled set that comes before. */
  readonly weak?: WeakOptions;
}

/**
 * Pretraining on a weakly labelled set and fine-tuning on the set of `base`, each with cross-entropy or SCN (the four combinations of the paper's WebEmotion
 * study), beside no pretraining.
 *
 * @example const { jobs } = pretrainExperiment({ base });
 */
export function pretrainExperiment({ base, seeds, weak }: PretrainExperimentOptions): Experiment {
  const [ce, ceRelabel, scn] = standardRecipes(base.epochs) as [never, never, never];
  const before = weakRun(base, weak);
  const stages = [
    ['-', null],
    ['ce', withRecipe(before, ce)],
    ['scn', withRecipe(before, scn)],
  ] as const;
  const fine = [
    ['ce', ce],
    ['scn', scn],
  ] as const;
  return {
    name: 'pretrain',
    description:
      'A backbone from a weakly labelled set, fine-tuned; SCN in the first stage, the second, both or none. Differences are to ce without pretraining.',
    jobs: [
      ...stages.flatMap(([first, pretrain]) =>
        fine.flatMap(([second, recipe]) =>
          overSeeds(seeds, { pretraining: first, 'fine-tuning': second }, withRecipe({ ...base, pretrain }, recipe)),
        ),
      ),
      ...overSeeds(seeds, { pretraining: '-', 'fine-tuning': 'ce + relabel' }, withRecipe(base, ceRelabel)),
    ],
    summarize: (results) => [
      summarizeResults({ title: 'Pretraining', results, metrics, control: { pretraining: '-', 'fine-tuning': 'ce' } }),
    ],
  };
}
