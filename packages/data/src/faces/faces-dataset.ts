import type { Dataset } from '@selfcure/core';
import { randomStream } from '@selfcure/core';

import { checkSeed, checkWhole } from '../error/check.ts';
import { DataError } from '../error/data-error.ts';
import type { GroupedDataset } from '../set/data-set.ts';
import { createDataset } from '../set/data-set.ts';
import { fingerprint } from '../set/fingerprint.ts';
import { checkIds } from '../set/sample-ids.ts';
import { expressionNames } from './expressions.ts';
import type { Face } from './face.ts';
import { drawFace } from './face.ts';
import type { FaceKnobs } from './knobs.ts';
import { resolveKnobs } from './knobs.ts';
import { faceRenderer } from './render-face.ts';

/** Raise this when the same seed and knobs begin to draw other pixels. */
const GENERATOR = 1;

/** Options of {@link facesDataset}; what is not named has the value of {@link defaultFaceKnobs}. */
export interface FacesOptions extends Partial<FaceKnobs> {
  /** Number of faces. */
  readonly samples: number;
  /** Seed of the whole set; sample k of two sets that differ only in `samples` is the same face. */
  readonly seed: number;
  /** Side of the square gray images in pixels, 16 to 512. Default 48, as in FER2013. */
  readonly size?: number;
  /**
   * How often each expression occurs: `'even'` (each once in every seven samples, in random order; the default), `'fer'`
   * (drawn with the shares of FER2013's training labels) or seven weights in label order.
   */
  readonly balance?: 'even' | 'fer' | readonly number[];
  /** Keep drawn pixels, samples x size x size bytes, so that a second reading costs nothing. Default true. */
  readonly cache?: boolean;
}

/** Procedural faces: a {@link Dataset} that can say what decided each image. */
export interface FacesDataset extends GroupedDataset {
  readonly truth: Int32Array;
  readonly ambiguity: Float32Array;
  /** Everything that decided one image. */
  face(id: number): Face;
  read(ids: ArrayLike<number>): Uint8Array;
}

/** Labels of FER2013's training split, in its published order. */
const ferCounts: readonly number[] = [3995, 436, 4097, 7215, 4830, 3171, 4965];

function drawLabels(samples: number, seed: number, balance: 'even' | 'fer' | readonly number[]): Int32Array {
  const labels = new Int32Array(samples);
  const count = expressionNames.length;
  if (balance === 'even') {
    for (let start = 0; start < samples; start += count) {
      const order = randomStream({ seed, purpose: 'faces/label', sample: start / count }).permutation(count);
      for (let k = 0; k < count && start + k < samples; k++) labels[start + k] = order[k]!;
    }
    return labels;
  }
  const weights = balance === 'fer' ? ferCounts : balance;
  const valid = Array.isArray(weights) && weights.length === count && weights.every((w) => w >= 0 && w < Infinity);
  const total = valid ? weights.reduce((sum, weight) => sum + weight, 0) : 0;
  if (!(total > 0)) {
    throw new DataError({
      code: 'bad-option',
      source: 'balance',
      problem: `${JSON.stringify(balance)} is neither 'even', 'fer' nor seven weights with a positive sum`,
      remedy: `Pass one weight for each of ${expressionNames.join(', ')}`,
    });
  }
  for (let i = 0; i < samples; i++) {
    let left = randomStream({ seed, purpose: 'faces/label', sample: i }).uniform() * total;
    let label = 0;
    while (label < count - 1 && (left -= weights[label]!) >= 0) label++;
    while (weights[label] === 0) label--;
    labels[i] = label;
  }
  return labels;
}

/**
 * Procedural faces with seven expressions: gray images drawn from movements of the face (after the Facial Action Coding
 * System), identity, pose, light, occluders, blur and noise, each a pure function of (seed, sample). Labels are the
 * truth, and `ambiguity` says how hard each face is to read, from the strength and purity of its expression, from what
 * hides it and from its blur. No real person's image is in it; figures measured on it say nothing about real faces.
 *
 * Classes have FER2013's published order: angry, disgust, fear, happy, sad, surprise, neutral. Images are drawn when
 * they are read.
 *
 * @throws DataError where an option is out of range.
 * @example
 * const data = facesDataset({ samples: 4000, seed: 1 });
 * const hard = facesDataset({ samples: 4000, seed: 1, intensity: [0.1, 0.6], occlusion: 0.5 });
 */
export function facesDataset(options: FacesOptions): FacesDataset {
  const { samples, seed, size = 48, balance = 'even', cache = true, ...given } = options;
  checkWhole('samples', samples, 1);
  checkSeed(seed);
  checkWhole('size', size, 16, 512);
  const knobs = resolveKnobs(given);
  const labels = drawLabels(samples, seed, balance);
  const area = size * size;
  const face = (id: number): Face => {
    checkIds([id], samples, 'faces');
    return drawFace(seed, id, labels[id]!, size, knobs);
  };
  const ambiguity = Float32Array.from(labels, (_, id) => face(id).ambiguity);
  const render = faceRenderer(size);
  const shape: Dataset['shape'] = [size, size, 1];
  let kept: { pixels: Uint8Array; drawn: Uint8Array } | undefined;

  const data = createDataset({
    name: 'faces',
    size: samples,
    classes: expressionNames,
    shape,
    labels,
    truth: labels.slice(),
    ambiguity,
    groups: Int32Array.from(labels, (_, id) => id),
    fingerprint: () =>
      fingerprint({ kind: 'faces', facts: { generator: GENERATOR, samples, seed, size, balance, knobs } }),
    read(ids) {
      checkIds(ids, samples, 'faces');
      const out = new Uint8Array(ids.length * area);
      if (cache) kept ??= { pixels: new Uint8Array(samples * area), drawn: new Uint8Array(samples) };
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i]!;
        const target = out.subarray(i * area, (i + 1) * area);
        if (kept?.drawn[id] === 1) {
          target.set(kept.pixels.subarray(id * area, (id + 1) * area));
          continue;
        }
        render(face(id), target, seed, id);
        if (kept === undefined) continue;
        kept.pixels.set(target, id * area);
        kept.drawn[id] = 1;
      }
      return out;
    },
  });
  return Object.assign(data, { face }) as FacesDataset;
}
