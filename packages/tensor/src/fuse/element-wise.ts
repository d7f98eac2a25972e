import type { Node } from '../graph.ts';
import { sizeOf } from '../shape.ts';
import type { Fuser } from './fusion.ts';
import { unshaped } from './place.ts';
import type { Uses } from './uses.ts';

/** How an engine runs a chain of element-wise operations. */
export interface ElementWiseSteps<S> {
  /** Whether a node may be part of a chain. */
  accepts(node: Node): boolean;
  /** The step of some nodes in their order, the last of which is the result; null where they are too many for it. */
  step(nodes: readonly Node[]): S | null;
}

const maxNodes = 32;

/**
 * Chains of element-wise operations: a node with all that leads to it alone, over values of the same size, so that
 * only the last value is stored. Reshaped values are looked through. A chain has at most 32 nodes, and as many as `step` takes.
 *
 * @example const fuser = fuseElementWise({ accepts: ({ op }) => op in formulas, step: (nodes) => ({ kernel: wgslOf(nodes) }) });
 */
export function fuseElementWise<S>({ accepts, step }: ElementWiseSteps<S>): Fuser<S> {
  return (anchor, uses, taken) => {
    if (!accepts(anchor)) return null;
    const elements = sizeOf(anchor.shape);
    const group = new Set<Node>([anchor]);
    const inOrder = (nodes: Iterable<Node>): Node[] => [...nodes].sort((a, b) => uses.position(a) - uses.position(b));
    let whole = step([anchor]);

    // Latest first: when a node's turn comes, it is known which of its consumers belong to the group.
    const open = new Set<Node>(anchor.inputs.map(unshaped));
    while (open.size && group.size < maxNodes) {
      const node = inOrder(open).at(-1)!;
      open.delete(node);
      if (!accepts(node) || sizeOf(node.shape) !== elements || taken(node)) continue;
      if (!staysInside(node, group, uses) || !uses.canMove(node, anchor)) continue;
      const larger = step(inOrder([...group, node]));
      if (!larger) continue;
      group.add(node);
      whole = larger;
      for (const input of node.inputs) open.add(unshaped(input));
    }
    if (!whole || group.size === 1) return null;
    return { anchor, absorbs: inOrder(group), steps: [whole] };
  };
}

/** Whether nothing outside of the group reads a node, as it is or reshaped. */
function staysInside(node: Node, group: ReadonlySet<Node>, uses: Uses): boolean {
  if (uses.isOutput(node)) return false;
  return uses
    .consumers(node)
    .every((consumer) => group.has(consumer) || (consumer.op === 'reshape' && staysInside(consumer, group, uses)));
}
