/** A program's steps as kernels see them. */
export interface Commands {
  /** Address of three words a step in the heap: index of the kernel, address of its parameters, number of tasks. */
  readonly address: number;
  readonly count: number;
  /** The same words on the host. */
  readonly words: Int32Array;
}

/** Runs steps one after the other, the tasks of each in any order. */
export interface Executor {
  readonly threads: number;
  /** Makes sure that every thread has so much memory for itself. Throws WasmError where the memory ends. */
  reserveScratch(bytes: number): void;
  /** Returns when every step is done. */
  run(commands: Commands): void;
  close(): void | Promise<void>;
}

/** A kernel as the engine calls it: address of its parameters, task, address of scratch memory. */
export type Kernel = (parameters: number, task: number, scratch: number) => void;
