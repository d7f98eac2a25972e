import { checkArray, compileSteps, lower, RunError, stepClaims } from '@selfcure/tensor';
import type { Backend, Capabilities, CompiledSteps, Graph, NamedArrays, State, StateSpec } from '@selfcure/tensor';
import { WasmMemoryError } from './errors.ts';
import type { Executor } from './execute/executor.ts';
import { fusers } from './fuse/table.ts';
import { createArena } from './heap/arena.ts';
import type { Heap } from './heap/heap.ts';
import { nodesOf } from './plan/step.ts';
import type { Step } from './plan/step.ts';
import { createProgram } from './program.ts';
import type { WasmProgram } from './program.ts';
import { createWasmState } from './state.ts';
import type { WasmState } from './state.ts';
import type { KernelOptions } from './steps/builder.ts';
import { copyStep } from './steps/move.ts';
import { stepBuilders } from './steps/table.ts';

/** What {@link planBackend} runs on. */
export interface PlanBackendOptions {
  readonly heap: Heap;
  readonly executor: Executor;
  readonly kernels: KernelOptions;
  readonly capabilities: Capabilities;
  close(): void | Promise<void>;
}

/** Whether the engine runs a node itself. */
const claims = stepClaims((op) => Object.hasOwn(stepBuilders, op));

/** The backend that runs whole graphs on kernels of our own: static plans over one arena. */
export function planBackend({ heap, executor, kernels, capabilities, close }: PlanBackendOptions): Backend {
  const arena = createArena(heap);
  const states = new Map<State, WasmState>();
  const programs = new Map<WasmProgram['program'], WasmProgram>();
  let closed = false;

  const refuseClosed = (): void => {
    if (closed) throw new RunError('the backend was closed. Open another');
  };
  const adopt = (held: WasmState): State => {
    states.set(held.state, held);
    return held.state;
  };
  const hooks = { adopt, onDispose: (held: WasmState): void => void states.delete(held.state) };

  return {
    specificationVersion: 'v1',
    name: 'wasm',
    capabilities,
    claims,
    createState: async (specs: readonly StateSpec[], init: NamedArrays) => {
      refuseClosed();
      for (const spec of specs) checkArray('first value of state', spec.name, init[spec.name], spec.shape);
      const held = createWasmState(heap, specs, hooks);
      await held.state.write(Object.fromEntries(specs.map(({ name }) => [name, init[name]!])));
      return adopt(held);
    },
    compile: async (graph) => {
      refuseClosed();
      const startedAt = Date.now();
      const lowered = lower(graph, claims);
      const compiled = compileSteps<Step>(lowered, {
        fusers,
        build: (node) => stepBuilders[node.op]!(node, kernels),
        copy: copyStep,
        touches: ({ words, writes }) => ({ writes, reads: Object.values(words).flatMap(nodesOf) }),
      });
      checkMemory(heap, arena.bytes, lowered, compiled);
      arena.reserve(compiled.memory.arenaBytes);
      executor.reserveScratch(Math.max(0, ...compiled.steps.map(({ scratchBytes }) => scratchBytes)));
      const made = createProgram(
        lowered,
        compiled,
        {
          name: 'wasm',
          heap,
          arena,
          executor,
          stateOf: (state) => states.get(state),
          release: (program) => void programs.delete(program),
        },
        startedAt,
      );
      programs.set(made.program, made);
      return made.program;
    },
    memory: () => ({
      bytes: arena.bytes + [...states.values(), ...programs.values()].reduce((sum, { bytes }) => sum + bytes, 0),
      values: states.size + programs.size,
    }),
    close: async () => {
      if (closed) return;
      closed = true;
      // First: a thread that hangs may still write.
      await executor.close();
      for (const state of [...states.keys()]) state.dispose();
      for (const program of [...programs.keys()]) program.dispose();
      arena.close();
      await close();
    },
  };
}

/** Before anything is allocated: a memory that ends in the middle of a step cannot be repaired. */
function checkMemory(heap: Heap, held: number, graph: Graph, { memory }: CompiledSteps<Step>): void {
  const free = heap.available() + held;
  if (memory.arenaBytes <= free) return;
  const batch = Math.max(1, ...graph.inputs.filter(({ shape }) => shape.length === 4).map(({ shape }) => shape[0]!));
  const fits = Math.floor((batch * free) / memory.arenaBytes);
  const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
  throw new WasmMemoryError(
    `the step needs ${gigabytes(memory.arenaBytes)} beside its weights, ${gigabytes(free)} of the 4 GiB that WebAssembly addresses are free. ` +
      (fits >= 1 && batch > 1
        ? `A batch of about ${fits} fits (now ${batch})`
        : 'Use smaller images or a narrower model'),
  );
}
