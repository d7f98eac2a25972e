import { OptionError } from '@selfcure/core';
import type { Dataset } from '@selfcure/core';
import type { Features } from './extract-features.ts';

/** Least and greatest value of every feature, which bytes 0 and 255 stand for. */
export interface FeatureRange {
  readonly low: Float32Array;
  readonly high: Float32Array;
  /** Of the data set that it was measured on. */
  readonly fingerprint: string;
}

/** A data set whose images are vectors of features, 1 x 1 pixels of many channels. */
export interface FeatureDataset extends Dataset {
  readonly range: FeatureRange;
}

/** Options of {@link featureDataset}. */
export interface FeatureDatasetOptions {
  /** The range of the training data, for data that its model is to predict. Default: measured on these features. */
  readonly range?: FeatureRange;
}

/**
 * A data set of features in place of its images, so that `train`, noise and splits work on it unchanged. A feature is a byte:
 * 256 levels between its least and greatest value; values outside of a given range take its ends.
 *
 * @param data where labels, truth and names come from; sample i has row i of the features.
 * @throws OptionError where the features are those of another number of images.
 * @example
 * const set = featureDataset(faces, await extractFeatures({ backend, backbone, data: faces }));
 * const test = featureDataset(others, await extractFeatures({ backend, backbone, data: others }), { range: set.range });
 * await train({ backend, model: featureModel({ length: 2048 }), recipe: scn(), data: set, epochs: 20 });
 */
export function featureDataset(
  data: Dataset,
  features: Features,
  { range: given }: FeatureDatasetOptions = {},
): FeatureDataset {
  const { values, length, version } = features;
  if (values.length !== data.size * length) {
    throw new OptionError(
      `featureDataset: ${values.length} values are not ${length} for each of the ${data.size} images of '${data.name}'. ` +
        'Extract the features of this data set',
    );
  }
  if (given && given.low.length !== length) {
    throw new OptionError(
      `featureDataset: the range has ${given.low.length} features, these are ${length}. Take the range of the same backbone`,
    );
  }
  const fingerprint = `features ${version} of ${data.fingerprint}`;
  const range = given ?? { ...measureRange(values, length), fingerprint };
  const bytes = toBytes(values, length, range);
  const { name, size, classes, labels, truth, verified, soft, ambiguity } = data;
  return {
    name: `${name}, features`,
    size,
    classes,
    shape: [1, 1, length],
    labels,
    ...(truth && { truth }),
    ...(verified && { verified }),
    ...(soft && { soft }),
    ...(ambiguity && { ambiguity }),
    fingerprint: given ? `${fingerprint}, in the range of ${given.fingerprint}` : fingerprint,
    range,
    read(ids) {
      const rows = new Uint8Array(ids.length * length);
      Array.from(ids, (id, i) => rows.set(bytes.subarray(id * length, (id + 1) * length), i * length));
      return rows;
    },
  };
}

function measureRange(values: Float32Array, length: number): Pick<FeatureRange, 'low' | 'high'> {
  const low = new Float32Array(length).fill(Infinity);
  const high = new Float32Array(length).fill(-Infinity);
  for (let i = 0; i < values.length; i++) {
    const feature = i % length;
    low[feature] = Math.min(low[feature]!, values[i]!);
    high[feature] = Math.max(high[feature]!, values[i]!);
  }
  return { low, high };
}

function toBytes(values: Float32Array, length: number, { low, high }: FeatureRange): Uint8Array {
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const [least, greatest] = [low[i % length]!, high[i % length]!];
    const share = greatest > least ? (values[i]! - least) / (greatest - least) : 0;
    bytes[i] = Math.round(255 * Math.min(1, Math.max(0, share)));
  }
  return bytes;
}
