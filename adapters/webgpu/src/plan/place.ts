import { sizeOf } from '@selfcure/tensor';
import type { Graph, MemoryPlan, Node } from '@selfcure/tensor';
import { keyOf } from './access.ts';
import type { Halves } from './halves.ts';

/** Ranges of a buffer that kernels bind begin at multiples of this: the most that WebGPU asks for. */
export const alignment = 256;

export const aligned = (bytes: number): number => alignment * Math.ceil(bytes / alignment);

/** Where memory lies: bytes in the arena, in the program's inputs, or in a named state. */
export interface Place {
  readonly buffer: 'arena' | 'inputs' | 'state';
  /** Of the state. */
  readonly name: string;
  readonly from: number;
  readonly bytes: number;
}

/** The place of a value that holds memory. */
export type Placing = (root: Node) => Place;

/** Inputs, one after the other in one upload: bytes from its start, by node. */
export interface InputPlan {
  readonly offset: ReadonlyMap<Node, number>;
  readonly bytes: number;
}

/** Places the inputs of a graph. */
export function planInputs(graph: Graph): InputPlan {
  const offset = new Map<Node, number>();
  let bytes = 0;
  for (const node of graph.nodes) {
    if (node.op !== 'input') continue;
    offset.set(node, bytes);
    bytes += aligned(4 * sizeOf(node.shape));
  }
  return { offset, bytes };
}

/** Finds memory. What is stored as halves lies where its stand-in does. */
export function placingOf(memory: MemoryPlan, inputs: InputPlan, halves: Halves = new Map()): Placing {
  return (value) => {
    const root = halves.get(value) ?? value;
    const bytes = 4 * sizeOf(root.shape);
    if (root.op === 'state') return { buffer: 'state', name: String(keyOf(root)), from: 0, bytes };
    const input = inputs.offset.get(root);
    if (input !== undefined) return { buffer: 'inputs', name: '', from: input, bytes };
    const from = memory.offset.get(root);
    if (from === undefined) throw new Error(`'${root.op}' of layer '${root.layer}' is read before it is computed`);
    return { buffer: 'arena', name: '', from, bytes };
  };
}
