import {
  checkArray,
  checkIndices,
  checkState,
  indexBounds,
  printGraph,
  resolve,
  RunError,
  sizeOf,
} from '@selfcure/tensor';
import type {
  CompiledSteps,
  Graph,
  MemoryPlan,
  NamedArrays,
  NumericArray,
  Program,
  ProgramReport,
  State,
} from '@selfcure/tensor';
import { bindKernels, layWords, record } from './bind.ts';
import type { Dispatch, Ready, Words } from './bind.ts';
import type { Pipelines } from './device/pipelines.ts';
import type { Watch } from './device/watch.ts';
import { WebGpuRunError } from './errors.ts';
import { storageBuffer } from './memory/arena.ts';
import type { Arena } from './memory/arena.ts';
import { createReadBack } from './memory/read-back.ts';
import type { Range } from './memory/read-back.ts';
import type { InputPlan, Placing } from './plan/place.ts';
import type { Step } from './plan/step.ts';
import { stateBytes } from './state.ts';
import type { GpuState } from './state.ts';

/** What a program needs of its backend. */
export interface ProgramContext {
  readonly watch: Watch;
  readonly pipelines: Pipelines;
  readonly arena: Arena;
  readonly maxBindingBytes: number;
  /** The state behind a contract's one; undefined where it is disposed of or of another backend. */
  stateOf(state: State): GpuState | undefined;
  /** Is told when the program is disposed of. */
  release(program: Program): void;
}

/** A graph, planned and compiled. */
export interface Prepared {
  readonly graph: Graph;
  readonly outputs: CompiledSteps<Step>['outputs'];
  readonly memory: MemoryPlan;
  readonly inputs: InputPlan;
  readonly placing: Placing;
  readonly kernels: readonly Ready[];
  readonly startedAt: number;
}

/** A program, and its memory beside the shared arena. */
export interface GpuProgram {
  readonly program: Program;
  /** When the device has its memory. */
  readonly accepted: Promise<void>;
  bytes(): number;
}

/** A program bound to a state. */
interface Bound {
  readonly words: Words;
  arena: GPUBuffer | null;
  dispatches: readonly Dispatch[];
}

/** Makes a compiled graph runnable. */
export function createProgram(prepared: Prepared, context: ProgramContext): GpuProgram {
  const { graph, memory, inputs: inputPlan, placing, kernels } = prepared;
  const { watch, pipelines, arena, maxBindingBytes } = context;
  const { device } = watch;
  const { value: uploads, accepted } = watch.issue({ what: 'the inputs of a step', harmless: true }, () =>
    storageBuffer(device, 'inputs', inputPlan.bytes),
  );
  const image = new ArrayBuffer(inputPlan.bytes);
  const slots = graph.nodes.flatMap((node) => {
    const offset = inputPlan.offset.get(node);
    if (offset === undefined) return [];
    const view = node.dtype === 'i32' ? Int32Array : Float32Array;
    return [{ name: String(node.attributes['name']), view: new view(image, offset, sizeOf(node.shape)) }];
  });
  const bounds = indexBounds(graph);
  const outputs = Object.entries(prepared.outputs).map(([name, node]) => {
    const { node: root, bytes: inside } = resolve({ node, bytes: 0 });
    const place = placing(root);
    return { name, place, offset: place.from + inside, bytes: 4 * sizeOf(node.shape), integer: node.dtype === 'i32' };
  });
  const readBack = createReadBack(
    watch,
    outputs.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  const bindings = new Map<GpuState, Bound>();
  let disposed = false;

  /** Binds a state: once, and again when the arena has moved. Must run where calls are watched. */
  const bind = (state: GpuState): readonly Dispatch[] => {
    let bound = bindings.get(state);
    if (!bound) {
      const words = layWords(device, kernels, { state, placing, maxBindingBytes });
      bound = { words, arena: null, dispatches: [] };
      bindings.set(state, bound);
      state.onDispose(() => release(state));
    }
    if (bound.arena !== arena.buffer || bound.dispatches.length === 0) {
      const buffers = { arena: arena.buffer ?? uploads, inputs: uploads };
      bound.dispatches = bindKernels(device, pipelines, kernels, { state, words: bound.words, buffers });
      bound.arena = arena.buffer;
    }
    return bound.dispatches;
  };
  const release = (state: GpuState): void => {
    bindings.get(state)?.words.buffer.destroy();
    bindings.delete(state);
  };

  /** After a failure that names no operation: runs kernel by kernel until one fails. */
  const culprit = async (dispatches: readonly Dispatch[]): Promise<Ready | null> => {
    for (const dispatch of dispatches) {
      device.pushErrorScope('validation');
      const encoder = device.createCommandEncoder();
      record(encoder, [dispatch]);
      device.queue.submit([encoder.finish()]);
      const error = await device.popErrorScope().catch(() => null);
      if (error) return dispatch.ready;
    }
    return null;
  };

  const run = async (held: GpuState): Promise<ArrayBuffer> => {
    const deed = { what: `the step of ${outputs.map(({ name }) => `'${name}'`).join(', ') || 'no output'}` };
    let dispatches: readonly Dispatch[] = [];
    try {
      return await readBack.read(deed, (encoder) => {
        dispatches = bind(held);
        if (image.byteLength > 0) device.queue.writeBuffer(uploads, 0, image);
        record(encoder, dispatches);
        return outputs.map(({ place, offset, bytes }): Range => ({
          buffer: place.buffer === 'inputs' ? uploads : arena.buffer!,
          offset,
          bytes,
        }));
      });
    } catch (error) {
      if (!(error instanceof WebGpuRunError) || error.operation !== '') throw error;
      const found = await culprit(dispatches);
      throw found ? new WebGpuRunError(found.operation, found.layer, error.message, { cause: error }) : error;
    }
  };

  const report: ProgramReport = {
    steps: kernels.length,
    stored: memory.offset.size,
    arenaBytes: memory.arenaBytes + inputPlan.bytes,
    stateBytes: stateBytes(graph.state),
    flops: graph.flops,
    compileMilliseconds: Date.now() - prepared.startedAt,
    listing: () =>
      `${printGraph(graph)}\n${kernels
        .map(({ operation, layer, source }) => `${operation} (layer '${layer || 'top'}') x${source.groups.join('x')}`)
        .join('\n')}`,
  };

  const program: Program = {
    graph,
    report,
    run: async (state: State, given: NamedArrays) => {
      const held = context.stateOf(state);
      if (!held) throw new RunError("the state was disposed of or made by another backend than 'webgpu'");
      if (disposed) throw new RunError('the program was disposed of. Compile it again');
      watch.check();
      if (!bindings.has(held)) checkState(held.specs, graph.state);
      for (const { name, shape } of graph.inputs) checkArray('input', name, given[name], shape);
      checkIndices(bounds, given);
      for (const { name, view } of slots) view.set(given[name]!);
      const values = await run(held);
      let at = 0;
      const results: Record<string, NumericArray> = {};
      for (const { name, bytes, integer } of outputs) {
        const part = values.slice(at, at + bytes);
        results[name] = integer ? new Int32Array(part) : new Float32Array(part);
        at += bytes;
      }
      return results;
    },
    dispose: () => {
      if (disposed) return;
      disposed = true;
      context.release(program);
      for (const state of [...bindings.keys()]) release(state);
      uploads.destroy();
      readBack.close();
    },
  };
  return {
    program,
    accepted,
    bytes: () =>
      uploads.size + readBack.bytes + [...bindings.values()].reduce((sum, { words }) => sum + words.buffer.size, 0),
  };
}
