/**
 * The backend contract: what an engine provides to run graphs. Types only. An adapter implements it and imports nothing
 * of core; core runs any adapter with the same `specificationVersion`.
 *
 * @module
 */
import type { Graph, Node, StateSpec } from './graph.ts';

/** Numbers in row-major order. Engines compute in float32; the oracle's state and outputs are float64. */
export type NumericArray = Float32Array | Float64Array | Int32Array;

/** Arrays by name. */
export type NamedArrays = Readonly<Record<string, NumericArray>>;

/** The place of an engine among those that compute one run together. */
export interface Workers {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** What an engine is and can do; plain data, for reports, documentation and checks before the first step. */
export interface Capabilities {
  /** Where it computes: `'cpu'`, `'wasm'`, `'webgpu'`, `'cuda'`. */
  readonly device: string;
  /** Threads that compute. */
  readonly threads: number;
  readonly precision: 'float32' | 'float64';
  /** Same build, options and machine class: same bits. */
  readonly deterministic: boolean;
  /** Which worker of one run this is, where several compute together (`allReduceMean`); absent: the only one. */
  readonly workers?: Workers;
  /** Bounds by name, such as `maxBytes`; absent where none is known. */
  readonly limits: Readonly<Record<string, number>>;
}

/** What an engine holds at the moment. */
export interface MemoryInfo {
  /** Bytes of values: states, constants, arenas. */
  readonly bytes: number;
  /** Values held, such as tensors or buffers. A step must leave it as it was. */
  readonly values: number;
}

/** What compiling a graph led to. */
export interface ProgramReport {
  /** Kernels that one run starts. */
  readonly steps: number;
  /** Values that are stored between kernels. */
  readonly stored: number;
  /** Bytes of the memory that they share. */
  readonly arenaBytes: number;
  /** Bytes of the states that the program uses. */
  readonly stateBytes: number;
  /** Floating-point operations of one run. */
  readonly flops: number;
  readonly compileMilliseconds: number;
  /** What runs, as text. */
  listing(): string;
}

/** Named values that outlive a run, placed as the engine likes. */
export interface State {
  readonly specs: readonly StateSpec[];
  /** Copies to the host; all where no names are given. */
  read(names?: readonly string[]): Promise<NamedArrays>;
  /** Replaces the named values; the others stay. */
  write(values: NamedArrays): Promise<void>;
  clone(): Promise<State>;
  dispose(): void;
}

/** A compiled graph. */
export interface Program {
  readonly graph: Graph;
  readonly report: ProgramReport;
  /**
   * Runs once: one upload of the inputs, one asynchronous read of the outputs; effects change the state.
   *
   * @throws RunError where an input or state is missing or has the wrong size.
   */
  run(state: State, inputs: NamedArrays): Promise<NamedArrays>;
  dispose(): void;
}

/** An engine. */
export interface Backend {
  readonly specificationVersion: 'v1';
  /** Name of the adapter: `'wasm'`. */
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Whether it runs a node itself; a string says why not, and the node is lowered. */
  claims(node: Node): true | string;
  /** Makes a state from first values; every spec needs one. */
  createState(specs: readonly StateSpec[], init: NamedArrays): Promise<State>;
  /**
   * Lowers, fuses and plans a graph. One program may run on several states, several programs on one state.
   *
   * @throws UnsupportedOperationError where a node is neither claimed nor can be lowered.
   */
  compile(graph: Graph): Promise<Program>;
  memory(): MemoryInfo;
  /** Frees everything that the engine owns; a borrowed device stays. */
  close(): Promise<void>;
}
