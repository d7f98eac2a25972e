import type { NamedArrays, State } from '@selfcure/tensor';
import type { Normalization } from '../data/normalization.ts';
import type { Method } from '../method.ts';
import type { Model } from '../model.ts';
import { averageName } from './step.ts';

/** A trained network as plain data: what prediction needs, and nothing of the engine that trained it. */
export interface TrainedModel {
  readonly model: Model;
  readonly method: Method;
  /** Class names in label order. */
  readonly classes: readonly string[];
  readonly normalization: Normalization;
  /** Parameters and statistics by name. */
  readonly weights: NamedArrays;
}

/** The weights that evaluation uses: their average where one is kept. */
export function evaluationWeights(weights: NamedArrays): NamedArrays {
  const names = Object.keys(weights).filter((name) => !name.startsWith('average/') && !name.includes(':'));
  return Object.fromEntries(names.map((name) => [name, weights[averageName(name)] ?? weights[name]!]));
}

/** Reads what {@link evaluationWeights} needs from a state. */
export async function readEvaluationWeights(state: State): Promise<NamedArrays> {
  const names = state.specs.filter((spec) => spec.kind !== 'slot').map((spec) => spec.name);
  return evaluationWeights(await state.read(names));
}
