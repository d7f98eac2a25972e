import {
  ablationExperiment,
  compareExperiment,
  marginsExperiment,
  noiseExperiment,
  pretrainExperiment,
  realNoiseExperiment,
  trustedExperiment,
} from '@selfcure/experiments';
import type { Experiment, RunSpec } from '@selfcure/experiments';
import type { ExperimentSettings } from './settings.ts';

/** The experiment of some settings; a sweep has none before it is done. */
export function designOf(
  settings: ExperimentSettings & { readonly name: Exclude<ExperimentSettings['name'], 'sweep'> },
): Experiment {
  const { name, base, seeds, noises, recipes, margin1, margin2, beta, map, counts } = settings;
  switch (name) {
    case 'noise':
      return noiseExperiment({ base, seeds, ...(noises && { noises }), ...(recipes && { recipes }) });
    case 'ablation':
      return ablationExperiment({ base, seeds });
    case 'margins':
      return marginsExperiment({
        base,
        seeds,
        map,
        ...(margin1 && { margin1 }),
        ...(margin2 && { margin2 }),
        ...(beta && { beta }),
      });
    case 'pretrain':
      return pretrainExperiment({ base, seeds, ...weakly(settings) });
    case 'compare':
      return compareExperiment({ base, seeds, ...(recipes && { recipes }) });
    case 'real-noise':
      return realNoiseExperiment({ base, seeds });
    case 'trusted':
      return trustedExperiment({ base, seeds, ...(counts && { counts }) });
  }
}

/** The weakly labelled set of `pretrain`: other faces with more wrong labels, or all of FER2013's own labels. */
function weakly({ base: { data }, weakSamples, weakRate }: ExperimentSettings): {
  weak: RunSpec['data'];
  weakNoise: RunSpec['noise'];
} {
  const seed = data.seed + 7919;
  if (data.kind === 'faces')
    return {
      weak: { ...data, samples: weakSamples ?? 4 * data.samples, seed },
      weakNoise: { kind: 'symmetric', rate: weakRate ?? 0.4 },
    };
  return {
    weak: { ...data, labels: 'fer2013', samples: weakSamples, seed },
    weakNoise: weakRate === null ? null : { kind: 'symmetric', rate: weakRate },
  };
}
