import type { NamedArrays, State } from '@selfcure/tensor';
import type { Normalization } from '../data/normalization.ts';
import type { Method } from '../method.ts';
import type { Model } from '../model.ts';
import { averageName } from './step.ts';

/** A trained network: what prediction needs, and nothing of the engine that trained it. */
export interface TrainedModel {
  readonly model: Model;
  readonly method: Method;
  /** Class names in label order. */
  readonly classes: readonly string[];
  readonly normalization: Normalization;
  /** Parameters and statistics by name. */
  readonly weights: NamedArrays;
}

/** The weights of those names that evaluation uses: their average where one is kept. */
export function evaluationWeights(weights: NamedArrays, names: readonly string[]): NamedArrays {
  return Object.fromEntries(names.map((name) => [name, weights[averageName(name)] ?? weights[name]!]));
}

/** {@link evaluationWeights} of a state on the engine. */
export async function readEvaluationWeights(state: State, names: readonly string[]): Promise<NamedArrays> {
  const held = new Set(state.specs.map((spec) => spec.name));
  return evaluationWeights(
    await state.read(names.flatMap((name) => [name, averageName(name)]).filter((name) => held.has(name))),
    names,
  );
}
