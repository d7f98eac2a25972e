/** Training with the time at which every step begins and ends. */
import { adam, train } from '@selfcure/core';
import { faceAugmentation, subset } from '@selfcure/data';
import { methodOf } from '../step-graph.mjs';

/** Steps at the start of a turn that are not counted: nothing was read ahead for the first, and compilers settle. */
export const warmUpSteps = 2;

/**
 * Trains for some steps on the first samples of a data set.
 *
 * @param {{ backend: import('@selfcure/tensor').Backend, model: import('@selfcure/core').Model, recipe: string, batch: number,
 *   steps: number, seed: number, data: import('@selfcure/core').Dataset }} options
 * @returns {Promise<{ step: number, idle: number, augmenting: number }>} milliseconds, means over the steps that count: from the start of a step to that
 *   of the next; of it, without a step under way; of that, in the augmentation
 */
export async function timedTraining({ backend, model, recipe, batch, steps, seed, data }) {
  const began = [];
  const ended = [];
  let augmenting = 0;
  const augmented = [];
  const augmentation = faceAugmentation();
  const count = warmUpSteps + steps + 1;
  await train({
    backend: timed(backend, {
      before: () => {
        began.push(performance.now());
        augmented.push(augmenting);
      },
      after: () => ended.push(performance.now()),
    }),
    model,
    recipe: methodOf(recipe),
    data: subset(
      data,
      Array.from({ length: count * batch }, (_, i) => i),
    ),
    epochs: 1,
    batchSize: batch,
    seed,
    optimizer: adam(),
    normalization: { mean: 128, standardDeviation: 64 },
    augmentation: {
      ...augmentation,
      apply: (...parameters) => {
        const start = performance.now();
        const image = augmentation.apply(...parameters);
        augmenting += performance.now() - start;
        return image;
      },
    },
  });
  const first = warmUpSteps;
  const last = count - 1;
  let idle = 0;
  for (let i = first; i < last; i++) idle += began[i + 1] - ended[i];
  return {
    step: (began[last] - began[first]) / steps,
    idle: idle / steps,
    augmenting: (augmented[last] - augmented[first]) / steps,
  };
}

/** An engine that tells when a training step begins and has ended. */
function timed(backend, { before, after }) {
  return {
    ...backend,
    compile: async (graph) => {
      const program = await backend.compile(graph);
      if (!graph.inputs.some(({ name }) => name === 'targets')) return program;
      return {
        ...program,
        run: async (state, inputs) => {
          before();
          const outputs = await program.run(state, inputs);
          after();
          return outputs;
        },
      };
    },
  };
}
