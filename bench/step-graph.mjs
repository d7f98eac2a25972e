/** The step that `train()` runs for a problem (see problem.mjs). */
import { adam, ce, scn, trainingStep } from '@selfcure/core';
import { modelByName } from './models.mjs';

/** The method of a recipe's name. */
export const methodOf = (recipe) => ({ scn, ce })[recipe]();

/**
 * The graph of a problem's step, and its optimizer.
 *
 * @param {Pick<import('./problem.mjs').Problem, 'model' | 'batchSize' | 'recipe' | 'optimizer'>} problem
 */
export function stepOf({ model, batchSize, recipe, optimizer: options }) {
  const update = adam(options);
  const network = modelByName(model.name, model.options);
  return {
    optimizer: update,
    graph: trainingStep({ model: network, method: methodOf(recipe), batchSize, optimizer: update }),
  };
}
