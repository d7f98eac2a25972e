import { sizeOf } from '@selfcure/tensor';
import type { Node } from '@selfcure/tensor';
import type { Fuser } from '../plan/fusion.ts';
import type { Uses } from '../plan/uses.ts';
import { elementWiseStep, isElementWise, unshaped } from '../steps/element-wise.ts';

const maxNodes = 32;

/**
 * Chains of element-wise operations: a node with all that leads to it alone, over values of the same size, so that only the last
 * value is stored. Reshaped values are looked through.
 */
export const elementWise: Fuser = (anchor, uses, taken) => {
  if (!isElementWise(anchor)) return null;
  const elements = sizeOf(anchor.shape);
  const group = new Set<Node>([anchor]);
  const inOrder = (nodes: Iterable<Node>): Node[] => [...nodes].sort((a, b) => uses.position(a) - uses.position(b));
  let steps = elementWiseStep([anchor], [anchor]);

  // Latest first: when a node's turn comes, it is known which of its consumers belong to the group.
  const open = new Set<Node>(anchor.inputs.map(unshaped));
  while (open.size && group.size < maxNodes) {
    const node = inOrder(open).at(-1)!;
    open.delete(node);
    if (!isElementWise(node) || sizeOf(node.shape) !== elements || taken(node)) continue;
    if (!staysInside(node, group, uses) || !uses.canMove(node, anchor)) continue;
    const larger = elementWiseStep(inOrder([...group, node]), [anchor]);
    if (!larger) continue;
    group.add(node);
    steps = larger;
    for (const input of node.inputs) open.add(unshaped(input));
  }
  if (!steps || group.size === 1) return null;
  return { anchor, absorbs: inOrder(group), steps: [steps] };
};

/** Whether nothing outside of the group reads a node, as it is or reshaped. */
function staysInside(node: Node, group: ReadonlySet<Node>, uses: Uses): boolean {
  if (uses.isOutput(node)) return false;
  return uses
    .consumers(node)
    .every((consumer) => group.has(consumer) || (consumer.op === 'reshape' && staysInside(consumer, group, uses)));
}
