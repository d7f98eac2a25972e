import type { Graph, Node } from '../graph.ts';
import type { OperationTable } from '../operations/operation.ts';
import { operationTable } from '../operations/table.ts';
import { plan } from '../plan.ts';
import type { MemoryPlan, Step } from '../plan.ts';
import type { Fuser, Fusion } from './fusion.ts';
import { resolve, workspace } from './place.ts';
import { usesOf } from './uses.ts';

/** A graph as an engine runs it: steps, and where their values lie. */
export interface CompiledSteps<S> {
  readonly steps: readonly S[];
  readonly memory: MemoryPlan;
  /** The value to read for every output. */
  readonly outputs: Readonly<Record<string, Node>>;
}

/** How {@link compileSteps} asks an engine for its steps. */
export interface CompileStepsOptions<S> {
  /** Each goes over the whole graph before the next. */
  readonly fusers: readonly Fuser<S>[];
  /** Steps of a node that nothing fused. */
  build(node: Node): readonly S[];
  /** A step that copies a whole value. */
  copy(from: Node, to: Node): S;
  /** The values that a step writes first, and all others that it reads or changes. */
  touches(step: S): Step;
  /** The operations that the graph was traced with. Default: {@link operationTable}. */
  readonly operations?: OperationTable;
  /** Bytes that places in the arena are multiples of. Default 64. */
  readonly alignment?: number;
}

/** Values that have no place in the arena. */
const isFixed = (node: Node): boolean => node.op === 'state' || node.op === 'full' || node.op === 'iota';

/**
 * Fuses a lowered graph, asks the engine for the steps of the rest, and plans the memory of all: inputs, what steps store, and
 * outputs lie in one arena. A constant that is an output is copied there (of a state the trace has made a value already).
 *
 * @example
 * const { steps, memory } = compileSteps(lower(graph, claims), { fusers, build, copy, touches: (step) => step });
 */
export function compileSteps<S>(graph: Graph, options: CompileStepsOptions<S>): CompiledSteps<S> {
  const { fusers, build, copy, operations = operationTable } = options;
  const uses = usesOf(graph, operations);
  const passive = (node: Node): boolean => {
    const kind = operations[node.op]?.kind;
    return kind === 'leaf' || kind === 'view';
  };

  const taken = new Set<Node>();
  const fusions = new Map<Node, Fusion<S>>();
  for (const fuser of fusers) {
    for (let i = graph.nodes.length - 1; i >= 0; i--) {
      const node = graph.nodes[i]!;
      if (taken.has(node) || passive(node)) continue;
      const fusion = fuser(node, uses, (other) => taken.has(other));
      if (!fusion) continue;
      for (const absorbed of fusion.absorbs) taken.add(absorbed);
      fusions.set(fusion.anchor, fusion);
    }
  }

  const copies = new Map<Node, Node>();
  for (const node of Object.values(graph.outputs)) {
    if (isFixed(resolve({ node, bytes: 0 }).node)) copies.set(node, workspace(node.shape));
  }

  const steps: S[] = [];
  for (const node of graph.nodes) {
    const copied = copies.get(node);
    if (copied) steps.push(copy(node, copied));
    const fusion = fusions.get(node);
    if (fusion) steps.push(...fusion.steps);
    else if (!taken.has(node) && !passive(node)) steps.push(...build(node));
  }

  const outputs = Object.fromEntries(
    Object.entries(graph.outputs).map(([name, node]) => [name, copies.get(node) ?? node]),
  );
  return { steps, memory: planMemory(graph, steps, Object.values(outputs), options), outputs };
}

function planMemory<S>(
  graph: Graph,
  steps: readonly S[],
  outputs: readonly Node[],
  { touches, alignment }: CompileStepsOptions<S>,
): MemoryPlan {
  const root = (node: Node): Node => resolve({ node, bytes: 0 }).node;
  const stored = (nodes: readonly Node[]): Node[] => nodes.map(root).filter((node) => !isFixed(node));
  const uploads = graph.nodes.filter((node) => node.op === 'input');
  return plan(
    [
      { writes: uploads, reads: [] },
      ...steps.map((step) => {
        const { writes, reads } = touches(step);
        const written = stored(writes);
        return { writes: written, reads: stored(reads).filter((node) => !written.includes(node)) };
      }),
    ],
    { outputs: stored(outputs), ...(alignment !== undefined && { alignment }) },
  );
}
