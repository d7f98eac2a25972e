import type { FacesData, FerData, NoiseSpec, RunSpec } from '@selfcure/experiments';
import type { ExperimentName } from './settings.ts';

/** A network that is small, and trained until it memorizes wrong labels: what the experiments are about. Six seconds a run on one core. */
const faces = {
  samples: 1500,
  testSamples: 1000,
  size: 24,
  width: 0.5,
  epochs: 25,
  batchSize: 64,
  learningRate: 5e-3,
  augmentation: { shift: 0, flip: true },
} as const;

/** FER2013: the whole network on images of 48 x 48. */
const fer = {
  samples: 10_000,
  width: 1,
  epochs: 20,
  batchSize: 128,
  learningRate: 2e-3,
  augmentation: { shift: 0, flip: true },
} as const;

/** Experiments on labels that are wrong already, where there are such. */
const onRealNoise: readonly ExperimentName[] = ['real-noise', 'trusted'];

/** Experiments of few enough runs for five seeds, whose intervals are half as wide as those of three. */
export const fewRuns: readonly ExperimentName[] = ['ablation', 'pretrain', 'compare', 'trusted'];

/** Seeds where no option says otherwise. */
export const defaultSeeds = (name: ExperimentName, folder: string | null): readonly number[] =>
  folder === null && fewRuns.includes(name) ? [0, 1, 2, 3, 4] : [0, 1, 2];

/** The run of an experiment where no option says otherwise. */
export function defaultRun(name: ExperimentName, folder: string | null): RunSpec {
  const { width, epochs, batchSize, learningRate, augmentation } = folder === null ? faces : fer;
  return {
    data: folder === null ? facesData() : ferData(name, folder),
    noise: defaultNoise(name, folder),
    oracle: null,
    verified: 0,
    model: { name: 'face-cnn', width },
    recipe: { use: 'ce' },
    epochs,
    batchSize,
    learningRate,
    weightDecay: 1e-4,
    augmentation,
    seed: 0,
    pretrain: null,
  };
}

const facesData = (): FacesData => ({
  kind: 'faces',
  samples: faces.samples,
  testSamples: faces.testSamples,
  size: faces.size,
  seed: 0,
});

const ferData = (name: ExperimentName, folder: string): FerData => ({
  kind: 'fer',
  folder,
  labels: onRealNoise.includes(name) ? 'fer2013' : 'majority',
  samples: fer.samples,
  part: 'chosen',
  seed: 2020,
});

function defaultNoise(name: ExperimentName, folder: string | null): NoiseSpec | null {
  if (onRealNoise.includes(name)) return folder === null ? { kind: 'fer-like', rate: 0.33 } : null;
  return { kind: 'symmetric', rate: 0.3 };
}
