import { join } from 'node:path';
import { measureNormalization } from '@selfcure/core';
import type { Dataset, Model, Normalization, TrainedModel } from '@selfcure/core';
import { extractFeatures, featureDataset, featureModel, foldFeatureHead } from '@selfcure/models';
import type { Backend } from '@selfcure/tensor';
import type { RunData } from '../data/run-data.ts';

/** What a run trains, where it starts from a trained network. */
export interface PretrainedRun {
  readonly model: Model;
  readonly train: Dataset;
  readonly validation: Dataset | null;
  readonly normalization: Normalization;
  readonly initialWeights: Readonly<Record<string, Float32Array>>;
  /** The network that takes pictures, of what was trained. */
  whole(trained: TrainedModel): TrainedModel;
}

/** What {@link pretrainedRun} needs. */
export interface PretrainedRunOptions {
  readonly data: RunData;
  readonly backend: Backend;
  /** Whether all layers are trained; else a linear head on the features of the frozen ones. */
  readonly fineTune: boolean;
  /** Folder of cached features. */
  readonly cache: string;
  /** Told what takes time. */
  readonly note: (text: string) => void;
}

/**
 * A run on dlib's face network. Frozen, its features are computed once, kept in the cache by the SHA-256 of each picture, and trained on in place of the
 * pictures; what was trained is folded into a network that takes pictures.
 *
 * @throws PretrainedError where the package with the weights is missing, or the cache is damaged; OptionError where pictures do not fit.
 */
export async function pretrainedRun(options: PretrainedRunOptions): Promise<PretrainedRun> {
  const { data, backend, fineTune, cache, note } = options;
  const { train, validation } = data;
  const { featureCache, loadDlibFace } = await import('@selfcure/models/node');
  const [size, , channels] = train.shape;
  const face = await loadDlibFace({ classes: train.classes.length, size, channels });
  if (fineTune) return { ...face, train, validation, whole: (trained) => trained };

  const folder = join(cache, 'features');
  const featuresOf = async (part: Dataset) => {
    note(`Features of ${part.size} pictures of ${part.name}…`);
    const found = await extractFeatures({ backend, backbone: face, data: part, cache: featureCache(folder) });
    note(`${found.cached} of them were in ${folder}.`);
    return found;
  };
  const features = await featuresOf(train);
  const trainFeatures = featureDataset(train, features);
  const { range } = trainFeatures;
  return {
    model: featureModel({ length: features.length, classes: train.classes.length }),
    train: trainFeatures,
    validation: validation && featureDataset(validation, await featuresOf(validation), { range }),
    normalization: await measureNormalization(trainFeatures),
    initialWeights: {},
    whole: (trained) => ({
      ...trained,
      model: face.model,
      normalization: face.normalization,
      weights: { ...face.initialWeights, ...foldFeatureHead(trained, range) },
    }),
  };
}
