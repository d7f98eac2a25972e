import type { Node } from '../graph.ts';
import type { Uses } from './uses.ts';

/** Several nodes that run as one: their steps stand where `anchor` stands in the schedule. `S` is an engine's step. */
export interface Fusion<S> {
  readonly anchor: Node;
  /** Every node that needs no steps of its own any more, the anchor among them. */
  readonly absorbs: readonly Node[];
  readonly steps: readonly S[];
}

/**
 * Finds what it can fuse around a node, or null. It is asked for the nodes of the schedule from last to first.
 *
 * @param taken whether a node already belongs to a fusion.
 */
export type Fuser<S> = (node: Node, uses: Uses, taken: (node: Node) => boolean) => Fusion<S> | null;
