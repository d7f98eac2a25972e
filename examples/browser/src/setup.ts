import { adam, cosineDecay, cure, scn } from '@selfcure/core';
import type { Method, TrainOptions } from '@selfcure/core';
import { arrayDataset, faceAugmentation } from '@selfcure/data';
import { faceCnn } from '@selfcure/models';
import { facesSize, proceduralFaces } from './data/faces.ts';
import type { RecipeName, RunFacts, Setup } from './protocol.ts';

/** What a setup trains with: the same for the same setup, so that a stored state fits it. */
export type Prepared = Omit<TrainOptions, 'backend'> & { readonly facts: RunFacts };

const recipes: Readonly<Record<RecipeName, (start: number) => Method>> = {
  cure: (start) => cure({ start }),
  scn: (start) => scn({ relabelEpoch: start }),
};

/**
 * Data, model, recipe and optimizer of a setup.
 *
 * @throws DataError or OptionError where the setup is out of range.
 */
export function prepare(setup: Setup): Prepared {
  const { source, recipe, epochs, seed } = setup;
  const own = source.kind === 'photos';
  const { data, validation } = own
    ? {
        data: arrayDataset({
          name: 'photos',
          images: source.pixels,
          labels: source.labels,
          classes: source.classes,
          shape: [source.size, source.size, 1],
        }),
        validation: undefined,
      }
    : proceduralFaces(source, seed);
  const size = own ? source.size : facesSize;
  return {
    data,
    ...(validation && { validation }),
    model: faceCnn({ classes: data.classes.length, size, width: own ? 1 : 0.5 }),
    recipe: recipes[recipe](Math.ceil(epochs / 3)),
    epochs,
    seed,
    batchSize: batchSizeFor(data.size),
    optimizer: adam({ learningRate: cosineDecay({ learningRate: 2e-3, warmUpEpochs: 1 }), weightDecay: 1e-4 }),
    ...(own && source.augment && { augmentation: faceAugmentation() }),
    facts: {
      title: own
        ? `${data.size} photos in ${data.classes.length} classes`
        : `${data.size} procedural faces, ${Math.round(100 * source.noise)} % of their labels wrong`,
      classes: data.classes,
      samples: data.size,
      size,
      names: own ? source.names : null,
      truth: data.truth ?? null,
      recipe,
      epochs,
    },
  };
}

/** Small sets get small batches: an epoch should have a few steps, and batch normalization wants eight samples. */
function batchSizeFor(samples: number): number {
  if (samples >= 128) return 32;
  return samples >= 32 ? 16 : 8;
}
