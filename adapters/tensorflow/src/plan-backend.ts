import { attributesOf, checkArray, lower, RunError, selectSteps, stepClaims } from '@selfcure/tensor';
import type { Backend, Capabilities, ConvolutionAttributes, Graph, Node, Program, State } from '@selfcure/tensor';
import { fuseAllReduce } from './fuse/all-reduce.ts';
import { fuseBatchNorm } from './fuse/batch-norm.ts';
import { assemble } from './plan/assemble.ts';
import type { Assembled } from './plan/assemble.ts';
import { createEmitter } from './plan/emitter.ts';
import { createHeldProgram } from './program.ts';
import type { HeldProgram } from './program.ts';
import { createHeldState } from './state.ts';
import type { HeldState } from './state.ts';
import type { KernelOptions, Step } from './steps/builder.ts';
import { geometryOf, isDepthwise } from './steps/contract.ts';
import { variablesOf } from './steps/optimize.ts';
import { stepBuilders } from './steps/table.ts';
import type { Connection } from './worker/connection.ts';

/** What {@link planBackend} runs on. */
export interface PlanBackendOptions {
  readonly connection: Connection;
  readonly kernels: KernelOptions;
  readonly capabilities: Capabilities;
  /** Addresses of the workers of a cluster. Default: there is none. */
  readonly workers?: readonly string[];
}

const hasSteps = stepClaims((op) => Object.hasOwn(stepBuilders, op));

/** Whether the engine runs a node itself. */
const claimsOf =
  ({ allReduce }: KernelOptions) =>
  (node: Node): true | string => {
    if (node.op === 'allReduceMean') return allReduce !== undefined || 'it is no worker of a cluster';
    const verdict = hasSteps(node);
    if (verdict !== true || !node.op.startsWith('conv2d')) return verdict;
    const attributes = attributesOf<ConvolutionAttributes>(node);
    if (attributes.groups === 1 || isDepthwise(attributes, geometryOf(node))) return true;
    return 'its kernels take one group of channels, or one for each channel';
  };

/** The operations of a lowered graph. */
export function planGraph(graph: Graph, kernels: KernelOptions): Assembled {
  const { steps, outputs } = selectSteps<Step>(graph, {
    fusers: [fuseBatchNorm(), fuseAllReduce()],
    build: (node) => [{ node, emit: (e) => stepBuilders[node.op]!(node, e, kernels) }],
    // Tensors do not change: the value as it stands is the copy.
    copy: (from, to) => ({ node: from, emit: (e) => e.define(to, e.native(from)) }),
  });
  const { emitter, at, finish } = createEmitter(variablesOf(graph.nodes));
  for (const { node, emit } of steps) {
    at(node);
    emit(emitter, kernels);
  }
  const values = Object.entries(outputs).map(([name, node]) => {
    at(node);
    return { name, value: emitter.value(node) };
  });
  return assemble(finish(), values);
}

/** The backend that runs whole graphs: static lists of TensorFlow's operations, executed in a thread of their own. */
export function planBackend({ connection, kernels, capabilities, workers = [] }: PlanBackendOptions): Backend {
  const states = new Map<State, HeldState>();
  const programs = new Map<Program, HeldProgram>();
  let numbers = 0;
  const claims = claimsOf(kernels);
  let closed = false;

  const refuseClosed = (): void => {
    if (closed) throw new RunError('the backend was closed. Open another');
    const end = connection.ended();
    if (end) throw end;
  };
  const stateContext = {
    connection,
    nextNumber: () => numbers++,
    adopt: (held: HeldState): State => {
      states.set(held.state, held);
      return held.state;
    },
    release: (held: HeldState): void => void states.delete(held.state),
  };

  return {
    specificationVersion: 'v1',
    name: 'tensorflow',
    capabilities,
    claims,
    createState: async (specs, init) => {
      refuseClosed();
      for (const spec of specs) checkArray('first value of state', spec.name, init[spec.name], spec.shape);
      return stateContext.adopt(await createHeldState(specs, init, stateContext));
    },
    compile: async (given) => {
      refuseClosed();
      const startedAt = Date.now();
      const graph = lower(given, claims);
      const held = await createHeldProgram(graph, planGraph(graph, kernels), numbers++, startedAt, {
        connection,
        workers,
        stateOf: (state) => states.get(state),
        release: (program) => void programs.delete(program),
      });
      programs.set(held.program, held);
      return held.program;
    },
    memory: () => ({
      bytes: [...states.values(), ...programs.values()].reduce((sum, { bytes }) => sum + bytes, 0),
      values:
        [...states.values()].reduce((sum, { specs }) => sum + specs.length, 0) +
        [...programs.values()].reduce((sum, { values }) => sum + values, 0),
    }),
    close: async () => {
      closed = true;
      states.clear();
      programs.clear();
      await connection.close();
    },
  };
}
