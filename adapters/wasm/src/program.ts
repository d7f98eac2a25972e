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
import type { CompiledSteps, Graph, NumericArray, Program, ProgramReport, State } from '@selfcure/tensor';
import type { Arena } from './heap/arena.ts';
import type { Heap } from './heap/heap.ts';
import type { Commands, Executor } from './execute/executor.ts';
import type { Step } from './plan/step.ts';
import { arenaBase, encode, firstState, imageBase } from './plan/encode.ts';
import type { WasmState } from './state.ts';

/** What a program needs of its backend. */
export interface ProgramContext {
  readonly name: string;
  readonly heap: Heap;
  readonly arena: Arena;
  readonly executor: Executor;
  /** The state behind a contract's one; undefined where it is disposed of or of another backend. */
  stateOf(state: State): WasmState | undefined;
  /** Is told when the program is disposed of. */
  release(program: Program): void;
}

/** A program, and its memory beside the shared arena. */
export interface WasmProgram {
  readonly program: Program;
  readonly bytes: number;
}

/** Where a value that the host writes or reads lies in the arena. */
interface Slot {
  readonly name: string;
  readonly bytes: number;
  readonly length: number;
  readonly integer: boolean;
}

/** Makes a compiled graph runnable: its words go to the heap, its addresses are filled in for the state of each run. */
export function createProgram(
  graph: Graph,
  compiled: CompiledSteps<Step>,
  context: ProgramContext,
  startedAt: number,
): WasmProgram {
  const { heap, arena, executor, name } = context;
  const image = encode(compiled.steps, compiled.memory);
  const { words, relocations } = image;
  const address = heap.allocate(4 * words.length);
  const commandWords = new Int32Array(3 * compiled.steps.length);
  const commands: Commands = { address, count: compiled.steps.length, words: commandWords };

  const slotOf = (key: string, node: Graph['nodes'][number]): Slot => {
    const { node: root, bytes } = resolve({ node, bytes: 0 });
    return {
      name: key,
      bytes: compiled.memory.offset.get(root)! + bytes,
      length: sizeOf(node.shape),
      integer: node.dtype === 'i32',
    };
  };
  const inputNodes = new Map(
    graph.nodes.filter((node) => node.op === 'input').map((node) => [String(node.attributes['name']), node]),
  );
  const inputs = graph.inputs.flatMap((spec) => {
    const node = inputNodes.get(spec.name);
    return node ? [slotOf(spec.name, node)] : []; // an input that nothing reads has no place
  });
  const lengths = graph.inputs.map(({ shape }) => sizeOf(shape));
  const bounds = indexBounds(graph);
  const outputs = Object.entries(compiled.outputs).map(([key, node]) => slotOf(key, node));

  const bases = new Float64Array(firstState + image.states.length);
  let boundTo: WasmState | null = null;
  let boundAt = -1;
  let boundBuffer: ArrayBufferLike | null = null;
  let views: { inputs: (Float32Array | Int32Array)[]; outputs: (Float32Array | Int32Array)[] } = {
    inputs: [],
    outputs: [],
  };
  let disposed = false;

  const view = ({ bytes, length, integer }: Slot): Float32Array | Int32Array =>
    integer
      ? new Int32Array(heap.memory.buffer, arena.address + bytes, length)
      : new Float32Array(heap.memory.buffer, arena.address + bytes, length);

  /** Fills the addresses in. Nothing to do while state, arena and memory are those of the last run. */
  const bind = (state: WasmState): void => {
    const moved = boundAt !== arena.address;
    if (moved || boundBuffer !== heap.memory.buffer) {
      views = { inputs: inputs.map(view), outputs: outputs.map(view) };
      boundBuffer = heap.memory.buffer;
    }
    if (!moved && boundTo === state) return;
    bases[arenaBase] = arena.address;
    bases[imageBase] = address;
    for (let i = 0; i < image.states.length; i++) bases[firstState + i] = state.address(image.states[i]!);
    for (const { word, base, bytes } of relocations) words[word] = bases[base]! + bytes;
    new Int32Array(heap.memory.buffer, address, words.length).set(words);
    commandWords.set(words.subarray(0, commandWords.length));
    [boundTo, boundAt] = [state, arena.address];
  };

  const report: ProgramReport = {
    steps: compiled.steps.length,
    stored: compiled.memory.offset.size,
    arenaBytes: compiled.memory.arenaBytes,
    stateBytes: graph.state.reduce((sum, spec) => sum + 4 * sizeOf(spec.shape), 0),
    flops: graph.flops,
    compileMilliseconds: Date.now() - startedAt,
    listing: () =>
      `${printGraph(graph)}\n${compiled.steps
        .map(
          ({ kernel, tasks, writes }) =>
            `${kernel} x${tasks} -> ${writes.map(({ layer, op }) => `${layer}/${op}`).join(', ')}`,
        )
        .join('\n')}`,
  };

  const program: Program = {
    graph,
    report,
    run: async (state, given) => {
      const held = context.stateOf(state);
      if (!held) throw new RunError(`the state was disposed of or made by another backend than '${name}'`);
      if (disposed) throw new RunError('the program was disposed of. Compile it again');
      // A step leaves no garbage but its outputs: plain loops, and what cannot change is checked once.
      if (boundTo !== held) checkState(held.specs, graph.state);
      for (let i = 0; i < lengths.length; i++) {
        const { name: key, shape } = graph.inputs[i]!;
        if (given[key]?.length !== lengths[i]) checkArray('input', key, given[key], shape);
      }
      if (bounds.length > 0) checkIndices(bounds, given);
      bind(held);
      for (let i = 0; i < inputs.length; i++) views.inputs[i]!.set(given[inputs[i]!.name]!);
      executor.run(commands);
      const result: Record<string, NumericArray> = {};
      for (let i = 0; i < outputs.length; i++) result[outputs[i]!.name] = views.outputs[i]!.slice();
      return result;
    },
    dispose: () => {
      if (disposed) return;
      disposed = true;
      context.release(program);
      heap.free(address);
    },
  };
  return { program, bytes: 4 * words.length };
}
