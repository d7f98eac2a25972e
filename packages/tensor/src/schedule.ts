import { GraphError, placeOf } from './errors.ts';
import type { Node } from './graph.ts';
import type { StateAttributes } from './operations/leaf.ts';
import { attributesOf } from './operations/operation.ts';
import type { OperationTable } from './operations/operation.ts';

/**
 * Orders the nodes that some roots need; the others are dropped. Inputs come before uses. An effect comes after every
 * reader of the state version that it replaces and before every reader of the version that it makes, so that engines may
 * update states in place. Effects come as late as that allows.
 *
 * @throws GraphError where a node would need a state from before and after one update at the same time.
 */
export function schedule({ roots, table }: { roots: readonly Node[]; table: OperationTable }): Node[] {
  const live = new Set<Node>(roots);
  for (const node of live) for (const input of node.inputs) live.add(input);
  const nodes = [...live].sort((a, b) => a.id - b.id);
  const isEffect = (node: Node): boolean => table[node.op]?.kind === 'effect';

  const key = (name: string, version: number): string => `${version} ${name}`;
  const readers = new Map<string, Node[]>();
  const makers = new Map<string, Node>();
  for (const node of nodes) {
    if (isEffect(node)) {
      const versions = node.attributes['versions'] as readonly number[];
      table[node.op]!.writes!(node.attributes).forEach((name, i) => makers.set(key(name, versions[i]!), node));
    }
    // A state node counts as a reader of itself: engines look the value up where it stands.
    for (const input of [node, ...node.inputs]) {
      let root = input;
      while (table[root.op]?.kind === 'view') root = root.inputs[0]!;
      if (root.op !== 'state') continue;
      const { name, version } = attributesOf<StateAttributes>(root);
      const list = readers.get(key(name, version)) ?? [];
      list.push(node);
      readers.set(key(name, version), list);
    }
  }

  const after = new Map<Node, Set<Node>>(nodes.map((node) => [node, new Set(node.inputs)]));
  for (const [made, maker] of makers) {
    const space = made.indexOf(' ');
    const name = made.slice(space + 1);
    const replaced = key(name, Number(made.slice(0, space)) - 1);
    for (const reader of readers.get(replaced) ?? []) if (reader !== maker) after.get(maker)!.add(reader);
    for (const reader of readers.get(made) ?? []) if (reader !== maker) after.get(reader)!.add(maker);
    const previous = makers.get(replaced);
    if (previous && previous !== maker) after.get(maker)!.add(previous);
  }

  const order: Node[] = [];
  const done = new Set<Node>();
  const open = new Set<Node>();
  // An explicit stack: deep networks would exhaust the call stack.
  const visit = (start: Node): void => {
    const stack: { node: Node; rest: Node[] }[] = [];
    const enter = (node: Node): void => {
      if (done.has(node)) return;
      if (open.has(node)) {
        throw new GraphError(
          `${placeOf(node)} needs a state from before and after the same update. ` + 'Read it on one side only',
        );
      }
      open.add(node);
      stack.push({ node, rest: [...after.get(node)!].sort((a, b) => b.id - a.id) });
    };
    enter(start);
    while (stack.length) {
      const top = stack.at(-1)!;
      const next = top.rest.pop();
      if (next) {
        enter(next);
        continue;
      }
      stack.pop();
      open.delete(top.node);
      done.add(top.node);
      order.push(top.node);
    }
  };
  nodes.filter((node) => !isEffect(node)).forEach(visit);
  nodes.forEach(visit);
  return order;
}
