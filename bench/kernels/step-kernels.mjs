/** The kernels of a training step on WebGPU, one by one. */
import { initialState } from '@selfcure/core';
import { flopsOf, sizeOf } from '@selfcure/tensor';
import { createBackend } from '../backends.mjs';
import { modelByName } from '../models.mjs';
import { median } from '../statistics.mjs';
import { stepOf } from '../step-graph.mjs';

/** Steps before the profile, and in it. */
const steps = { before: 2, timed: 5 };

/** Bytes of an element that updates read and write: parameter, both moments, gradient; running average and its new value. */
const bytesOfUpdates = { adam: 28, ema: 12 };

/**
 * A dispatch of a step.
 *
 * @typedef {object} StepKernel
 * @property {string} operation that it computes last
 * @property {string} layer
 * @property {number} workgroups
 * @property {number} invocations
 * @property {number} flops of the operation that it is named by; those that were fused into it are left out
 * @property {number | null} bytes that it must read and write; null of a chain of small operations, which run in one workgroup
 * @property {number | null} milliseconds median of several steps; null where it did not run
 */

/**
 * @param {{ meter: import('../sides/gpu/meter.mjs').Meter, model: string, size: number, channels: number, width: number,
 *   batch: number, plan: 'own' | 'hardware' }} options
 * @returns {Promise<{ kernels: StepKernel[], flops: number }>} `flops` of the whole step
 */
export async function stepKernels({ meter, model: name, size, channels, width, batch, plan }) {
  const { name: family, options } = modelByName(name, { size, channels, width });
  const optimizer = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
  const { graph } = stepOf({ model: { name: family, options }, batchSize: batch, recipe: 'scn', optimizer });
  const backend = await createBackend({
    backend: 'webgpu',
    threads: 1,
    options: plan === 'hardware' ? { gpu: disguised(navigator.gpu) } : {},
  });
  const state = await backend.createState(graph.state, initialState(graph.state, 0));
  const program = await backend.compile(graph);
  const step = () => program.run(state, inputsOf(graph));
  const runs = [];
  if (plan === 'hardware') runs.push(await meter.profile(step, { submit: false }));
  else {
    for (let i = 0; i < steps.before; i++) await step();
    for (let i = 0; i < steps.timed; i++) runs.push(await meter.profile(step));
  }
  const kernels = described(runs, program.graph);
  await backend.close();
  return { kernels, flops: graph.flops };
}

/** An adapter that does not say what it is: the engine takes it for a graphics processor. */
const disguised = (gpu) => ({
  requestAdapter: async (options) => {
    const adapter = await gpu.requestAdapter(options);
    const { limits, features } = adapter;
    return { info: {}, limits, features, requestDevice: (descriptor) => adapter.requestDevice(descriptor) };
  },
});

/** Numbers of an ordinary size for every input. */
function inputsOf({ inputs }) {
  return Object.fromEntries(
    inputs.map(({ name, shape }) => [
      name,
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => (shape.length === 0 ? 1e-3 : Math.sin(i * i))),
    ]),
  );
}

/** Kernels of several runs, with the arithmetic of the nodes that they are named by. */
function described(runs, { nodes }) {
  const waiting = new Map();
  for (const node of nodes) {
    const label = `${node.op} (layer '${node.layer || 'top'}')`;
    waiting.set(label, [...(waiting.get(label) ?? []), node]);
  }
  return runs[0].map(({ label, groups, bound, workgroupSize }, i) => {
    const [, operation, layer] = /^([\w-]+) \(layer '(.*)'\)$/.exec(label);
    // Where an operation takes several kernels, the first one computes and the others add its parts up.
    const node = waiting.get(label)?.shift();
    const times = runs.map((run) => run[i].milliseconds);
    const workgroups = groups.reduce((product, count) => product * count, 1);
    return {
      operation,
      layer,
      workgroups,
      invocations: workgroups * workgroupSize,
      flops: node ? flopsOf([node]) : 0,
      bytes: bytesOf(operation, bound, nodes),
      milliseconds: times.includes(null) ? null : median(times),
    };
  });
}

/** Kernels bind the values that they touch; updates and chains of small operations bind what lies between them too. */
function bytesOf(operation, bound, nodes) {
  if (operation.includes('-and-')) return null;
  const elements = nodes
    .filter(({ op }) => op === operation)
    .flatMap(({ inputs }) => (operation === 'adam' ? inputs.slice(3) : inputs.slice(0, 1)))
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return operation in bytesOfUpdates ? bytesOfUpdates[operation] * elements : bound.reduce((a, b) => a + b, 0);
}
