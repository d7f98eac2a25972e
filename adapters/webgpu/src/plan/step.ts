import type { Node } from '@selfcure/tensor';
import { keyOf, touchedBy } from './access.ts';
import type { Access, Touched } from './access.ts';

/** One invocation an index `i` below `threads`; no workgroup memory. Small ones are merged: see merge.ts. */
export interface ThreadKernel {
  readonly kind: 'threads';
  readonly threads: number;
  /** Turns of the loops of one invocation, about. */
  readonly trips: number;
  /** Statements without `return`, over `i : u32`. */
  body(access: Access): string;
}

/** Workgroups that work together. */
export interface GroupKernel {
  readonly kind: 'groups';
  readonly groups: number;
  /** Invocations of a workgroup. */
  readonly size: number;
  /** Declarations of workgroup memory. */
  readonly memory: string;
  /** Statements over `group : u32` and `lane : u32`. */
  body(access: Access): string;
}

/** States that are updated element by element from values of their sizes, any number of them in one dispatch. */
export interface TableKernel {
  readonly kind: 'table';
  readonly rows: readonly TableRow[];
  /** How many states a row names. */
  readonly states: number;
  /** Kernels of one key may run as one. */
  readonly key: string;
  /**
   * Statements over: `state0`, `state1`, `state2` (places in the array `S`), `value : f32` (the element of the row's value),
   * `number : f32` (the row's).
   */
  body(access: Access): string;
}

/** One value of a table. */
export interface TableRow {
  /** Names of the states of one element count. */
  readonly states: readonly string[];
  readonly value: Node;
  readonly length: number;
  /** A constant, such as a weight decay. */
  readonly number: number;
}

/** A kernel. */
export type Kernel = ThreadKernel | GroupKernel | TableKernel;

/** One kernel with what it touches. */
export interface Step {
  /** The operation that it computes, or computes last. */
  readonly node: Node;
  readonly kernel: Kernel;
  /** What the text of the kernel names; the rows of a table beside it. */
  readonly touched: readonly Touched[];
  /** Values that this step writes first. */
  readonly writes: readonly Node[];
  /** Every other value that it touches. */
  readonly reads: readonly Node[];
}

/** The memory of a state. */
export function stateNode(name: string, { shape }: { readonly shape: readonly number[] }): Node {
  return { id: -1, op: 'state', inputs: [], attributes: { name }, shape, dtype: 'f32', layer: '' };
}

/** A step of a kernel that writes some values first. */
export function step(node: Node, writes: readonly Node[], kernel: Kernel): Step {
  const touched = touchedBy((access) => kernel.body(access));
  const first = new Set(writes.map(keyOf));
  const rows = kernel.kind === 'table' ? kernel.rows : [];
  return {
    node,
    kernel,
    touched,
    writes,
    reads: [
      ...touched.flatMap(({ root }) => (first.has(keyOf(root)) ? [] : [root])),
      ...rows.flatMap(({ states, value }) => [value, ...states.map((name) => stateNode(name, value))]),
    ],
  };
}

/** A step of independent invocations. */
export function threads(node: Node, writes: readonly Node[], kernel: Omit<ThreadKernel, 'kind'>): Step {
  return step(node, writes, { kind: 'threads', ...kernel });
}

/** The operation and layer of a step, as errors and labels name them. */
export function labelOf({ node }: Pick<Step, 'node'>): string {
  return `${node.op} (layer '${node.layer || 'top'}')`;
}
