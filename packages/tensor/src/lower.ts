import type { Graph, Node } from './graph.ts';
import type { OperationTable } from './operations/operation.ts';
import { createTracer } from './trace.ts';

/**
 * The same computation in operations that an engine runs: every node that it does not claim is replaced by its
 * lowering, again and again. Hash-consing and local rules apply to what comes out; `stopGradient` is gone.
 *
 * @param claims says of one node whether the engine runs it, else why not.
 * @param operations the table that the graph was traced with. Default: {@link operationTable}.
 * @throws UnsupportedOperationError where a node is neither claimed nor can be lowered; names operation and layer.
 * @example
 * const primitive = lower(graph, (node) => node.op in kernels || 'no kernel');
 */
export function lower(graph: Graph, claims: (node: Node) => true | string, operations?: OperationTable): Graph {
  const { ops, finish } = createTracer({ claims, state: graph.state, ...(operations && { operations }) });
  const replaced = new Map<Node, Node>();
  for (const node of graph.nodes) {
    const { versions: _, ...attributes } = node.attributes;
    const inputs = node.inputs.map((input) => replaced.get(input)!);
    replaced.set(
      node,
      ops.scope(node.layer, () => ops.call(node.op, inputs, attributes)),
    );
  }
  return finish(Object.fromEntries(Object.entries(graph.outputs).map(([name, node]) => [name, replaced.get(node)!])));
}
