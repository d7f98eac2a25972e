/**
 * Our side: the step that `train()` runs, compiled by an adapter.
 *
 * Set-up: `{ own: { backend, threads, options } }`.
 */
import { initialState } from '@selfcure/core';
import { createBackend } from '../backends.mjs';
import { stepOf } from '../step-graph.mjs';
import { isParameter, oneHot } from './arrays.mjs';

export async function open({ problem, arrays: { states, images, labels }, own }) {
  const targets = labels.map((batch) => oneHot(batch, problem.classes));
  const weight = new Float32Array(problem.batchSize).fill(1);
  const { graph, optimizer } = stepOf(problem);
  const given = Object.fromEntries([...states].map(([name, { data }]) => [name, data]));
  const slots = initialState(
    graph.state.filter(({ kind }) => kind === 'slot'),
    0,
  );

  const backend = await createBackend(own);
  const state = await backend.createState(graph.state, { ...slots, ...given });
  const program = await backend.compile(graph);
  let step = 0;
  return {
    description: {
      name: `selfcure ${backend.name}`,
      threads: backend.capabilities.threads,
      variants: ['default'],
      flops: program.report.flops,
    },
    step: async () => {
      const batch = step % problem.batches;
      const scalars = optimizer.scalars({ step, epoch: 1, stepsPerEpoch: Infinity, epochs: 1 });
      step++;
      const { objective } = await program.run(state, {
        images: images[batch],
        targets: targets[batch],
        weight,
        ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, Float32Array.of(value)])),
      });
      return objective[0];
    },
    statistics: async () =>
      Object.values(await state.read([...states.keys()].filter((name) => !isParameter(name)))).map((values) =>
        Float32Array.from(values),
      ),
  };
}
