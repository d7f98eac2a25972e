import {
  checkArray,
  fuseBatchNorm,
  fuseElementWise,
  lower,
  plan,
  rootOf,
  selectSteps,
  stepClaims,
} from '@selfcure/tensor';
import type { Backend, Fuser, Graph, NamedArrays, Node, Program, State, StateSpec } from '@selfcure/tensor';
import { createPipelines } from './device/pipelines.ts';
import type { CompileProgress } from './device/pipelines.ts';
import type { OpenDevice } from './device/open-device.ts';
import { watchDevice } from './device/watch.ts';
import { WebGpuError } from './errors.ts';
import { checkPlan, checkStateBytes } from './memory/check.ts';
import { createArena } from './memory/arena.ts';
import { halvesOf } from './plan/halves.ts';
import type { Halves } from './plan/halves.ts';
import { isStage, joinTables, mergeSteps, postponeSmall } from './plan/merge.ts';
import { alignment, placingOf, planInputs } from './plan/place.ts';
import { stageSource, stepSource } from './plan/source.ts';
import type { Step } from './plan/step.ts';
import { createProgram } from './program.ts';
import type { GpuProgram } from './program.ts';
import { createGpuState, stateBytes } from './state.ts';
import type { GpuState } from './state.ts';
import { gradientSteps, gradientSumSteps, normalizeSteps } from './steps/batch-norm.ts';
import type { KernelOptions } from './steps/builder.ts';
import { copyStep, elementWiseStep, isElementWise } from './steps/element-wise.ts';
import { stepBuilders } from './steps/table.ts';
import type { TuningCache } from './tune/cache.ts';
import { createMeasure } from './tune/measure.ts';
import { createTuner } from './tune/tuner.ts';

/** What {@link planBackend} runs on. */
export interface PlanBackendOptions {
  readonly open: OpenDevice;
  readonly kernels: KernelOptions;
  readonly onProgress?: ((progress: CompileProgress) => void) | undefined;
  /** Where measured choices of kernels are kept; without it nothing is measured. */
  readonly tuning?: TuningCache | undefined;
  /** How values are stored that wait for the backward pass. Default f32. */
  readonly storage?: 'f32' | 'f16' | undefined;
}

/** Whether the engine runs a node itself. */
const claims = stepClaims((op) => Object.hasOwn(stepBuilders, op));

/** What runs as one step, in the order in which it is looked for. */
const fusersOf = (options: KernelOptions): readonly Fuser<Step>[] => [
  fuseBatchNorm({
    normalize: normalizeSteps,
    gradientSums: (node, relu) => gradientSumSteps(node, options, relu),
    gradient: gradientSteps,
  }),
  fuseElementWise({ accepts: isElementWise, step: (nodes) => elementWiseStep(nodes, options.maxBuffers) }),
];

/** The backend that runs whole graphs: static plans over one arena. */
export function planBackend({ open, kernels: usual, onProgress, tuning, storage }: PlanBackendOptions): Backend {
  const { device, maxBufferBytes, maxBindingBytes } = open;
  const watch = watchDevice(device);
  const pipelines = createPipelines(watch);
  const arena = createArena(watch);
  const states = new Map<State, GpuState>();
  const programs = new Map<Program, GpuProgram>();
  let closed = false;

  const adopt = (held: GpuState): State => {
    states.set(held.state, held);
    return held.state;
  };
  const hooks = { adopt, onDispose: (held: GpuState): void => void states.delete(held.state) };

  const tuner =
    tuning &&
    createTuner({
      device: open.description,
      cache: tuning,
      kernels: usual,
      measure: createMeasure({
        watch,
        pipelines,
        maxBufferBytes,
        build: (node, variant) => stepBuilders[node.op]!(node, { ...usual, chosen: () => variant }),
      }),
    });

  /** The steps of a graph, and their memory. */
  const planSteps = (graph: Graph, kernels: KernelOptions) => {
    const selected = selectSteps<Step>(graph, {
      fusers: fusersOf(kernels),
      build: (node) => stepBuilders[node.op]!(node, kernels),
      copy: copyStep,
    });
    const steps = joinTables(postponeSmall(selected.steps));
    // Inputs lie in one upload of their own.
    const inputs = planInputs(graph);
    const isStored = ({ op }: Node): boolean => op !== 'state' && op !== 'full' && op !== 'iota' && op !== 'input';
    const results = Object.values(selected.outputs);
    const halves: Halves =
      storage === 'f16'
        ? halvesOf(
            steps,
            results.map((node) => rootOf(node)),
          )
        : new Map();
    const standIn = (root: Node): Node => halves.get(root) ?? root;
    const roots = (nodes: readonly Node[]): Node[] =>
      nodes
        .map((node) => rootOf(node))
        .filter(isStored)
        .map(standIn);
    const lifetimes = steps.map(({ writes, reads }) => ({ writes: roots(writes), reads: roots(reads) }));
    const kept = { outputs: roots(results), alignment };
    const memory = plan(lifetimes, kept);
    const demands = steps.map(({ node, touched }) => ({
      node,
      touched: touched.map((one) => ({ ...one, root: standIn(one.root) })),
    }));
    return {
      steps,
      halves,
      inputs,
      memory,
      outputs: selected.outputs,
      check: { steps: demands, inputs, memory, lifetimes, kept },
    };
  };

  return {
    specificationVersion: 'v1',
    name: 'webgpu',
    capabilities: {
      device: 'webgpu',
      threads: 1,
      precision: 'float32',
      // Another measurement may choose other kernels, which add in another order.
      deterministic: !tuning,
      limits: { maxBytes: maxBufferBytes, maxBindingBytes },
    },
    claims,
    createState: async (specs: readonly StateSpec[], init: NamedArrays) => {
      for (const spec of specs) checkArray('first value of state', spec.name, init[spec.name], spec.shape);
      checkStateBytes(specs, stateBytes(specs), open);
      const { held, accepted } = createGpuState(watch, specs, hooks);
      adopt(held);
      try {
        await accepted;
        await held.state.write(Object.fromEntries(specs.map(({ name }) => [name, init[name]!])));
      } catch (error) {
        held.state.dispose();
        throw error;
      }
      return held.state;
    },
    compile: async (given) => {
      const startedAt = Date.now();
      watch.check();
      const graph = lower(given, claims);
      let planned = planSteps(graph, usual);
      checkPlan(graph, planned.check, open);
      if (tuner) {
        planned = planSteps(graph, { ...usual, chosen: await tuner.choose(graph) });
        checkPlan(graph, planned.check, open);
      }
      const { steps, halves, inputs, memory, outputs } = planned;
      const placing = placingOf(memory, inputs, halves);
      // A state may hold more than the graph uses: its optimizer's slots, mostly.
      const nearStates = 4 * stateBytes(graph.state) <= maxBindingBytes;
      const works = mergeSteps(steps, memory, placing, { maxBytes: maxBindingBytes, states: nearStates, halves });
      const kernelsOf = works.map((work) => {
        const source = isStage(work) ? stageSource(work, placing) : stepSource(work, placing, halves);
        const { op, layer } = (isStage(work) ? work.steps.at(-1)! : work).node;
        return { source, operation: isStage(work) ? `${op}-and-${work.steps.length - 1}-before` : op, layer };
      });
      const ready = await pipelines.get(
        kernelsOf.map(({ source, operation, layer }) => ({
          text: source.text,
          bindings: source.bindings.length,
          operation,
          layer,
        })),
        onProgress,
      );
      await arena.reserve(memory.arenaBytes);
      const made = createProgram(
        {
          graph,
          outputs,
          memory,
          inputs,
          placing,
          kernels: kernelsOf.map((kernel, k) => ({ ...kernel, pipeline: ready[k]! })),
          startedAt,
        },
        {
          watch,
          pipelines,
          arena,
          maxBindingBytes,
          stateOf: (state) => states.get(state),
          release: (program) => void programs.delete(program),
        },
      );
      try {
        await made.accepted;
      } catch (error) {
        made.program.dispose();
        throw error;
      }
      programs.set(made.program, made);
      return made.program;
    },
    memory: () => ({
      bytes:
        arena.bytes +
        [...states.values()].reduce((sum, { bytes }) => sum + bytes, 0) +
        [...programs.values()].reduce((sum, { bytes }) => sum + bytes(), 0),
      values: states.size + programs.size,
    }),
    close: async () => {
      if (closed) return;
      closed = true;
      watch.close(new WebGpuError('the backend was closed'));
      for (const state of [...states.keys()]) state.dispose();
      for (const program of [...programs.keys()]) program.dispose();
      arena.close();
      await open.close();
    },
  };
}
