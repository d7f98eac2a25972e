import type { Graph, Node } from './graph.ts';
import type { MemoryPlan } from './plan.ts';
import { formatShape } from './shape.ts';

/**
 * One node as a line.
 *
 * @example
 * printNode(node); // %3 = conv2d(%0, %2) {"stride":[1,1]} : f32[8, 12, 12, 4]  # stem
 */
export function printNode(node: Node): string {
  const attributes = Object.keys(node.attributes).length ? ` ${JSON.stringify(node.attributes)}` : '';
  const layer = node.layer ? `  # ${node.layer}` : '';
  const inputs = node.inputs.map((input) => `%${input.id}`).join(', ');
  return `%${node.id} = ${node.op}(${inputs})${attributes} : ${node.dtype}${formatShape(node.shape)}${layer}`;
}

/**
 * A graph as text, one node a line, then its outputs. Tests and bug reports quote it.
 *
 * @example
 * console.log(printGraph(trace((ops) => ({ y: ops.exp(ops.input('x', [4])) }))));
 */
export function printGraph(graph: Graph): string {
  const outputs = Object.entries(graph.outputs).map(([name, node]) => `${name} = %${node.id}`);
  return [...graph.nodes.map(printNode), `outputs: ${outputs.join(', ')}`, `flops: ${graph.flops}`].join('\n');
}

/**
 * A memory plan as text: one stored value a line, by offset, then the totals in bytes.
 *
 * @example
 * console.log(printPlan(plan(graph.nodes.map((node) => ({ writes: [node], reads: node.inputs })))));
 */
export function printPlan(plan: MemoryPlan): string {
  const lines = [...plan.offset].sort((a, b) => a[1] - b[1] || a[0].id - b[0].id);
  return [
    ...lines.map(
      ([node, offset]) =>
        `${offset}: %${node.id} ${node.op} ${formatShape(node.shape)}${node.layer ? `  # ${node.layer}` : ''}`,
    ),
    `arena: ${plan.arenaBytes}, lower bound: ${plan.lowerBoundBytes}, without reuse: ${plan.storedBytes}`,
  ].join('\n');
}
