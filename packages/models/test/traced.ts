import { randomStream } from '@selfcure/core';
import type { Model } from '@selfcure/core';
import { reference } from '@selfcure/reference';
import { sizeOf, trace } from '@selfcure/tensor';
import type { Graph, NamedArrays, StateSpec } from '@selfcure/tensor';

/** The graph of a backbone alone, with its output `features`. */
export function traced(model: Model, batch: number, training = false): Graph {
  return trace((ops) => ({
    features: model.apply(ops, ops.input('images', [batch, ...model.inputShape]), { training }),
  }));
}

/** Number of trained values. */
export function parameterCount(graph: Graph): number {
  return graph.state.filter((spec) => spec.kind === 'parameter').reduce((sum, spec) => sum + sizeOf(spec.shape), 0);
}

/** Floating-point operations of the convolutions alone. */
export function convolutionFlops(graph: Graph): number {
  return graph.nodes
    .filter((node) => node.op === 'conv2d')
    .reduce((sum, node) => sum + 2 * sizeOf(node.shape) * sizeOf(node.inputs[1]!.shape.slice(0, 3)), 0);
}

/** First values as the specs say, normal deviates keyed by name. */
export function firstValues(specs: readonly StateSpec[]): Record<string, Float64Array> {
  const draw = ({ name, shape, init }: StateSpec): Float64Array => {
    const { normal } = randomStream({ seed: 1, purpose: name });
    return Float64Array.from({ length: sizeOf(shape) }, () => {
      if (init.kind === 'normal') return init.standardDeviation * normal();
      if (init.kind === 'constant') return init.value;
      throw new Error(`${name}: unexpected ${init.kind}`);
    });
  };
  return Object.fromEntries(specs.map((spec) => [spec.name, draw(spec)]));
}

/** Runs a graph once on the oracle and gives outputs and the state after it. */
export async function run(
  graph: Graph,
  state: NamedArrays,
  inputs: NamedArrays,
): Promise<{ outputs: NamedArrays; state: NamedArrays }> {
  const backend = reference();
  const held = await backend.createState(graph.state, state);
  const program = await backend.compile(graph);
  const outputs = await program.run(held, inputs);
  const after = await held.read();
  await backend.close();
  return { outputs, state: after };
}
