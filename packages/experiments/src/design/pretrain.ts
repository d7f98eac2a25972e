import type { NoiseSpec, RunSpec } from '../spec/run-spec.ts';
import { summarizeResults } from '../table/summarize.ts';
import { metrics, overSeeds } from './experiment.ts';
import type { Experiment, ExperimentOptions } from './experiment.ts';
import { standardRecipes, withRecipe } from './recipes.ts';

/** Options of {@link pretrainExperiment}. */
export interface PretrainExperimentOptions extends ExperimentOptions {
  /** The weakly labelled set that comes before; its size as against that of `base`. Default: four times as many samples, other faces. */
  readonly weak?: RunSpec['data'];
  /** Wrong labels put into it; null for none beside those that it has. Default: symmetric 40 %. */
  readonly weakNoise?: NoiseSpec | null;
}

/**
 * Pretraining on a weakly labelled set and fine-tuning on the set of `base`, each with cross-entropy or SCN (the four combinations of the paper's WebEmotion
 * study), beside no pretraining.
 *
 * @example const { jobs } = pretrainExperiment({ base });
 */
export function pretrainExperiment({
  base,
  seeds,
  weak,
  weakNoise = { kind: 'symmetric', rate: 0.4 },
}: PretrainExperimentOptions): Experiment {
  const [ce, ceRelabel, scn] = standardRecipes(base.epochs) as [never, never, never];
  const before: RunSpec = {
    ...base,
    data: weak ?? { ...base.data, samples: 4 * (base.data.samples ?? 1000), seed: base.data.seed + 7919 },
    noise: weakNoise,
    oracle: null,
    verified: 0,
    recalibrate: null,
    pretrain: null,
  };
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
