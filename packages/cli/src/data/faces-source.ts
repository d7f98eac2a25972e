import { randomStream } from '@selfcure/core';
import { facesDataset } from '@selfcure/data';
import type { DataSettings, Source } from './run-data.ts';

/** Procedural faces; those of the test are other faces than those of the training. */
export function facesSource({ samples, testSamples, size, dataSeed }: DataSettings): Source {
  const side = size === null ? {} : { size };
  const train = facesDataset({ samples: samples!, seed: dataSeed, ...side });
  const testSeed = randomStream({ seed: dataSeed, purpose: 'cli/test-faces' }).uint32();
  return {
    name: 'faces',
    train,
    ids: Int32Array.from({ length: train.size }, (_, id) => id),
    validation: null,
    test: testSamples ? facesDataset({ samples: testSamples, seed: testSeed, ...side }) : null,
    facts: { kind: 'procedural faces', seed: dataSeed, testSeed },
  };
}
