import { operationTable, rootOf } from '@selfcure/tensor';
import type { Fuser, Node, Uses } from '@selfcure/tensor';
import { allReduceStep } from '../steps/all-reduce.ts';
import type { Step } from '../steps/builder.ts';

/**
 * Values that the workers average become one all-reduce where nothing needs the first of them before the last is there: all
 * gradients of a step, with its running averages and losses.
 *
 * @example const fusers = [fuseAllReduce()]; // one for each graph
 */
export function fuseAllReduce(): Fuser<Step> {
  let groups: ReadonlyMap<Node, readonly Node[]> | null = null;
  return (node, uses) => {
    if (node.op !== 'allReduceMean') return null;
    groups ??= groupsOf(uses);
    const members = groups.get(node);
    return members ? { anchor: node, absorbs: members, steps: [allReduceStep(members)] } : null;
  };
}

/** Groups by the member where they are computed: the last one before something needs one of them. */
function groupsOf({ graph, position }: Uses): ReadonlyMap<Node, readonly Node[]> {
  const groups = new Map<Node, readonly Node[]>();
  const grouped = new Set<Node>();
  let open: Node[] = [];
  const close = (): void => {
    const anchor = open.at(-1);
    if (!anchor) return;
    // Later ones come along where their values are there: losses, which stand behind the update.
    const ready = (node: Node): boolean => {
      const root = rootOf(node.inputs[0]!, operationTable);
      if (open.includes(root) || root.op === 'state') return false;
      return operationTable[root.op]?.kind === 'leaf' || position(root) < position(anchor);
    };
    const later = graph.nodes.slice(position(anchor) + 1);
    const members = [...open, ...later.filter((node) => node.op === 'allReduceMean' && ready(node))];
    for (const member of members) grouped.add(member);
    groups.set(anchor, members);
    open = [];
  };
  for (const node of graph.nodes) {
    const kind = operationTable[node.op]?.kind;
    if (kind === 'leaf' || kind === 'view' || grouped.has(node)) continue;
    const takes = node.inputs.some((input) => open.includes(rootOf(input, operationTable)));
    // An effect may change a state that a member averages.
    if (takes || kind === 'effect') close();
    if (node.op === 'allReduceMean') open.push(node);
  }
  close();
  return groups;
}
