import { OptionError } from '@selfcure/core';
import type { TrainedModel } from '@selfcure/core';
import type { FeatureRange } from './feature-dataset.ts';

/** Added to the variance by batch normalization. */
const epsilon = 1e-5;

/**
 * The classifier and heads of a {@link featureModel} as weights on the features themselves: bytes, normalization of the run
 * and batch normalization are all linear, so they fold into weights and biases. With them a whole net starts where the linear
 * one ended.
 *
 * @param trained a model that was trained on a `featureDataset` with linear heads.
 * @param range of that data set.
 * @returns weights by the names that they have in the whole net, such as `classifier/weights`.
 * @throws OptionError where it is no model of features, or has a head that is not linear.
 * @example
 * const head = foldFeatureHead(linear.model, features.range);
 * await train({ backend, recipe, data, epochs: 3, ...face, initialWeights: { ...face.initialWeights, ...head } });
 */
export function foldFeatureHead(trained: TrainedModel, range: FeatureRange): Record<string, Float32Array> {
  const { weights, model, normalization } = trained;
  const length = range.low.length;
  if (model.name !== 'features' || model.inputShape[2] !== length) {
    throw new OptionError(
      `foldFeatureHead: the model is '${model.name}' of ${model.inputShape[2]} channels. Pass a featureModel of ${length}`,
    );
  }
  const of = (name: string): ArrayLike<number> => weights[`bn/${name}`]!;
  // What the classifier saw of feature f: slope f + shift.
  const slope = new Float64Array(length);
  const shift = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const width = range.high[i]! - range.low[i]!;
    const factor = of('scale')[i]! / Math.sqrt(of('variance')[i]! + epsilon);
    slope[i] = width > 0 ? (factor * 255) / (width * normalization.standardDeviation) : 0;
    const zero = -normalization.mean / normalization.standardDeviation;
    shift[i] = (zero - of('mean')[i]!) * factor + of('offset')[i]! - slope[i]! * range.low[i]!;
  }
  const heads = Object.keys(weights).filter((name) => !name.startsWith('bn/') && name.endsWith('/weights'));
  const known = new Set(heads.flatMap((name) => [name, biasOf(name)]));
  const other = Object.keys(weights).find((name) => !name.startsWith('bn/') && !known.has(name));
  const folded = heads.flatMap((name): [string, Float32Array][] => {
    const [matrix, bias] = [weights[name]!, weights[biasOf(name)]];
    if (!bias || matrix.length !== length * bias.length) throw notLinear(name);
    const outputs = bias.length;
    const sums = Float64Array.from(bias);
    const values = Float32Array.from(matrix, (value, at) => {
      const i = Math.floor(at / outputs);
      sums[at % outputs]! += shift[i]! * value;
      return slope[i]! * value;
    });
    return [
      [name, values],
      [biasOf(name), Float32Array.from(sums)],
    ];
  });
  if (other !== undefined) throw notLinear(other);
  return Object.fromEntries(folded);
}

const biasOf = (name: string): string => name.replace(/weights$/, 'bias');

const notLinear = (name: string): OptionError =>
  new OptionError(
    `foldFeatureHead: '${name}' is no weight of a linear head on the features. Use a recipe whose heads are linear`,
  );
