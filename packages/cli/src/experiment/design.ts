import {
  ablationExperiment,
  compareExperiment,
  marginsExperiment,
  noiseExperiment,
  pretrainExperiment,
  realNoiseExperiment,
  trustedExperiment,
} from '@selfcure/experiments';
import type { Experiment } from '@selfcure/experiments';
import type { ExperimentSettings } from './settings.ts';

/** The experiment of some settings; a sweep has none before it is done. */
export function designOf(
  settings: ExperimentSettings & { readonly name: Exclude<ExperimentSettings['name'], 'sweep'> },
): Experiment {
  const { name, base, seeds, noises, recipes, margin1, margin2, beta, map, weakSamples, weakRate, counts } = settings;
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
      return pretrainExperiment({
        base,
        seeds,
        weak: {
          ...(weakSamples !== null && { samples: weakSamples }),
          ...(weakRate !== null && { noise: { kind: 'symmetric', rate: weakRate } }),
        },
      });
    case 'compare':
      return compareExperiment({ base, seeds, ...(recipes && { recipes }) });
    case 'real-noise':
      return realNoiseExperiment({ base, seeds });
    case 'trusted':
      return trustedExperiment({ base, seeds, ...(counts && { counts }) });
  }
}
