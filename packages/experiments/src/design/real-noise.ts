import type { Experiment, ExperimentOptions } from './experiment.ts';
import { compareExperiment } from './compare.ts';
import { oracles, standardRecipes } from './recipes.ts';

/**
 * Real label noise (protocol B): trained on FER2013's labels, tested on the majority of FER+'s votes; wrong labels left out and mended as bounds. The data
 * of `base` are FER2013's.
 *
 * @example const { jobs } = realNoiseExperiment({ base: { ...base, data: { kind: 'fer', folder, labels: 'fer2013', samples: 10_000, part: 'chosen', seed: 2020 } } });
 */
export function realNoiseExperiment({ base, seeds }: ExperimentOptions): Experiment {
  return compareExperiment({
    base: { ...base, noise: null },
    ...(seeds && { seeds }),
    recipes: [...standardRecipes(base.epochs), { name: 'gce', recipe: { use: 'gce' } }, ...oracles],
    name: 'real-noise',
    description:
      "Trained on FER2013's labels, of which about a third differ from the majority of FER+'s ten votes; tested on that majority. Differences are to ce with the same seed.",
  });
}
