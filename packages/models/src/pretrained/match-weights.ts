import type { Model } from '@selfcure/core';
import { sameShape, trace } from '@selfcure/tensor';
import type { StateSpec } from '@selfcure/tensor';
import { PretrainedError } from './pretrained-error.ts';
import type { NamedWeight } from './quantized-weights.ts';

/** The parameters and statistics of a backbone. */
export function backboneStates(model: Model): readonly StateSpec[] {
  return trace((ops) => ({
    features: model.apply(ops, ops.input('images', [1, ...model.inputShape]), { training: false }),
  })).state;
}

/**
 * Weights for a backbone, one for each of its states.
 *
 * @param surplus weights that the model may leave: a classifier, or layers after its end.
 * @returns by the names of the states, for `initialWeights`.
 * @throws PretrainedError `unmatched-names`, listing what the model lacks and what the file lacks; `wrong-shape`.
 */
export function matchWeights(
  model: Model,
  weights: Readonly<Record<string, NamedWeight>>,
  source: string,
  surplus?: (name: string) => boolean,
): Record<string, Float32Array> {
  return matchStates(backboneStates(model), weights, source, surplus, `model '${model.name}'`);
}

/** {@link matchWeights} for the states of any graph. */
export function matchStates(
  states: readonly StateSpec[],
  weights: Readonly<Record<string, NamedWeight>>,
  source: string,
  surplus: (name: string) => boolean = () => false,
  net = 'its net',
): Record<string, Float32Array> {
  const wanted = new Set(states.map(({ name }) => name));
  const missing = states.filter(({ name }) => !Object.hasOwn(weights, name)).map(({ name }) => name);
  const unknown = Object.keys(weights).filter((name) => !wanted.has(name) && !surplus(name));
  if (missing.length || unknown.length) {
    throw new PretrainedError(
      'unmatched-names',
      `${source} does not fit ${net}. Not in the file: ${missing.join(', ') || 'none'}. ` +
        `Not in the model: ${unknown.join(', ') || 'none'}. Map the names, or make the model that the file belongs to`,
    );
  }
  return Object.fromEntries(
    states.map(({ name, shape }): [string, Float32Array] => {
      const weight = weights[name]!;
      if (!sameShape(weight.shape, shape)) {
        throw new PretrainedError(
          'wrong-shape',
          `${source}: '${name}' has the shape [${weight.shape.join(', ')}], ${net} needs [${shape.join(', ')}]. ` +
            'Make the model with the options that the file belongs to',
        );
      }
      return [name, weight.data];
    }),
  );
}
