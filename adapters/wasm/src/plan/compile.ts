import { operationTable, plan } from '@selfcure/tensor';
import type { Graph, MemoryPlan, Node, OperationTable } from '@selfcure/tensor';
import type { KernelOptions, StepBuilders } from '../steps/builder.ts';
import { copySteps } from '../steps/move.ts';
import type { Fuser, Fusion } from './fusion.ts';
import { nodesOf, workspace } from './step.ts';
import type { Step } from './step.ts';
import { resolve, usesOf } from './uses.ts';

/** A graph as the engine runs it: steps, and where their values lie. */
export interface Compiled {
  readonly steps: readonly Step[];
  readonly memory: MemoryPlan;
  /** The value to read for every output. */
  readonly outputs: Readonly<Record<string, Node>>;
}

/** What {@link compileSteps} needs beside the graph. */
export interface CompileOptions {
  readonly builders: StepBuilders;
  /** Each goes over the whole graph before the next. */
  readonly fusers: readonly Fuser[];
  readonly kernels: KernelOptions;
  readonly operations?: OperationTable;
}

/** Values that the engine does not place in the arena. */
const isFixed = (node: Node): boolean => node.op === 'state' || node.op === 'full' || node.op === 'iota';

/** Fuses, chooses kernels, and plans the memory of a lowered graph. */
export function compileSteps(graph: Graph, options: CompileOptions): Compiled {
  const { builders, fusers, kernels, operations = operationTable } = options;
  const uses = usesOf(graph, (node) => {
    const row = operations[node.op];
    return row?.kind === 'effect' ? row.writes!(node.attributes) : [];
  });
  const passive = (node: Node): boolean => {
    const kind = operations[node.op]?.kind;
    return kind === 'leaf' || kind === 'view';
  };

  const taken = new Set<Node>();
  const fusions = new Map<Node, Fusion>();
  for (const fuser of fusers) {
    for (const node of graph.nodes.toReversed()) {
      if (taken.has(node) || passive(node)) continue;
      const fusion = fuser(node, uses, (other) => taken.has(other));
      if (!fusion) continue;
      for (const absorbed of fusion.absorbs) taken.add(absorbed);
      fusions.set(fusion.anchor, fusion);
    }
  }

  // Outputs lie in the arena: a state must keep its value of that moment, an effect may follow.
  const copies = new Map<Node, Node>();
  for (const node of Object.values(graph.outputs)) {
    if (isFixed(resolve({ node, bytes: 0 }).node)) copies.set(node, workspace(node.shape));
  }

  const steps: Step[] = [];
  for (const node of graph.nodes) {
    const copy = copies.get(node);
    if (copy) steps.push(copySteps(node, copy));
    const fusion = fusions.get(node);
    if (fusion) steps.push(...fusion.steps);
    else if (!taken.has(node) && !passive(node)) steps.push(...builders[node.op]!(node, kernels));
  }

  const outputs = Object.fromEntries(
    Object.entries(graph.outputs).map(([name, node]) => [name, copies.get(node) ?? node]),
  );
  return { steps, memory: planMemory(graph, steps, Object.values(outputs)), outputs };
}

function planMemory(graph: Graph, steps: readonly Step[], outputs: readonly Node[]): MemoryPlan {
  const root = (node: Node): Node => resolve({ node, bytes: 0 }).node;
  const stored = (nodes: readonly Node[]): Node[] => nodes.map(root).filter((node) => !isFixed(node));
  const uploads = graph.nodes.filter((node) => node.op === 'input');
  return plan(
    [
      { writes: uploads, reads: [] },
      ...steps.map(({ words, writes }) => {
        const written = stored(writes);
        const touched = stored(Object.values(words).flatMap(nodesOf));
        return { writes: written, reads: touched.filter((node) => !written.includes(node)) };
      }),
    ],
    { outputs: stored(outputs) },
  );
}
