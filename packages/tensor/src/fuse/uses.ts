import type { Graph, Node } from '../graph.ts';
import type { OperationTable } from '../operations/operation.ts';
import { rootOf } from '../trace.ts';

/** What fusion needs to know of a graph. */
export interface Uses {
  readonly graph: Graph;
  /** Position in the schedule. */
  position(node: Node): number;
  /** Nodes that take a node as an input, views among them. */
  consumers(node: Node): readonly Node[];
  /** Whether the node itself is an output of the graph. */
  isOutput(node: Node): boolean;
  /**
   * Whether `node`, computed where `at` stands, still sees the states that it reads: no effect on one of them lies between.
   */
  canMove(node: Node, at: Node): boolean;
}

/**
 * Looks through a graph once.
 *
 * @example usesOf(graph, operationTable).consumers(node);
 */
export function usesOf(graph: Graph, operations: OperationTable): Uses {
  const writesOf = (node: Node): readonly string[] => {
    const row = operations[node.op];
    return row?.kind === 'effect' ? row.writes!(node.attributes) : [];
  };
  const position = new Map(graph.nodes.map((node, i) => [node, i]));
  const consumers = new Map<Node, Node[]>(graph.nodes.map((node) => [node, []]));
  for (const node of graph.nodes) for (const input of new Set(node.inputs)) consumers.get(input)!.push(node);
  const outputs = new Set(Object.values(graph.outputs));
  const effects = graph.nodes.flatMap((node, at) => writesOf(node).map((name) => ({ name, at })));
  return {
    graph,
    position: (node) => position.get(node)!,
    consumers: (node) => consumers.get(node) ?? [],
    isOutput: (node) => outputs.has(node),
    canMove: (node, at) => {
      const [from, to] = [position.get(node)!, position.get(at)!];
      return node.inputs.every((input) => {
        const root = rootOf(input, operations);
        if (root.op !== 'state') return true;
        return !effects.some((effect) => effect.name === root.attributes['name'] && effect.at > from && effect.at < to);
      });
    },
  };
}
