import type { Dataset } from '@selfcure/core';
import { facesDataset, symmetricNoise } from '@selfcure/data';
import type { FacesSource } from '../protocol.ts';

/** Side of the drawn images. */
export const facesSize = 32;

/** The regime of the quickstart: expressions that can be told apart, on faces that vary less than real ones. */
const knobs = { size: facesSize, intensity: [0.6, 1], pose: 0.3, identity: 0.6, light: 0.6, occlusion: 0.1 } as const;

/** Faces to train on, with wrong labels planted, and other faces with right labels to test on. */
export function proceduralFaces({ samples, noise }: FacesSource, seed: number): { data: Dataset; validation: Dataset } {
  return {
    data: symmetricNoise(facesDataset({ samples, seed: 100 + seed, ...knobs }), { rate: noise, seed }),
    validation: facesDataset({ samples: 350, seed: 200 + seed, ...knobs }),
  };
}
