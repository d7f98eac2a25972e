import type { Graph, Node } from '../graph.ts';
import type { OperationTable } from '../operations/operation.ts';
import { operationTable } from '../operations/table.ts';
import { plan } from '../plan.ts';
import type { MemoryPlan, Step } from '../plan.ts';
import type { Fuser, Fusion } from './fusion.ts';
import { rootOf } from '../trace.ts';
import { workspace } from './place.ts';
import { usesOf } from './uses.ts';

/** The steps of a graph. */
export interface SelectedSteps<S> {
  readonly steps: readonly S[];
  /** The value to read for every output. */
  readonly outputs: Readonly<Record<string, Node>>;
}

/** A graph as an engine runs it: steps, and where their values lie. */
export interface CompiledSteps<S> extends SelectedSteps<S> {
  readonly memory: MemoryPlan;
}

/** How {@link selectSteps} asks an engine for its steps. */
export interface SelectStepsOptions<S> {
  /** Each goes over the whole graph before the next. */
  readonly fusers: readonly Fuser<S>[];
  /** Steps of a node that nothing fused. */
  build(node: Node): readonly S[];
  /** A step that copies a whole value. */
  copy(from: Node, to: Node): S;
  /** The operations that the graph was traced with. Default: {@link operationTable}. */
  readonly operations?: OperationTable;
}

/** What {@link compileSteps} needs. */
export interface CompileStepsOptions<S> extends SelectStepsOptions<S> {
  /** The values that a step writes first, and all others that it reads or changes. */
  touches(step: S): Step;
  /** Bytes that places in the arena are multiples of. Default 64. */
  readonly alignment?: number;
}

/** Values that have no place in the arena. */
const isFixed = (node: Node): boolean => node.op === 'state' || node.op === 'full' || node.op === 'iota';

/**
 * Fuses a lowered graph and asks the engine for the steps of the rest, in the order of the schedule. A constant that is an output is
 * copied into a value of its own (of a state the trace has made one already).
 *
 * @example const { steps, outputs } = selectSteps(lower(graph, claims), { fusers, build, copy });
 */
export function selectSteps<S>(graph: Graph, options: SelectStepsOptions<S>): SelectedSteps<S> {
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
    if (isFixed(rootOf(node, operations))) copies.set(node, workspace(node.shape));
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
  return { steps, outputs };
}

/**
 * {@link selectSteps}, and the memory of all values in one arena: inputs, what steps store, and outputs.
 *
 * @example
 * const { steps, memory } = compileSteps(lower(graph, claims), { fusers, build, copy, touches: (step) => step });
 */
export function compileSteps<S>(graph: Graph, options: CompileStepsOptions<S>): CompiledSteps<S> {
  const selected = selectSteps(graph, options);
  return { ...selected, memory: planMemory(graph, selected, options) };
}

function planMemory<S>(
  graph: Graph,
  { steps, outputs }: SelectedSteps<S>,
  { touches, alignment, operations }: CompileStepsOptions<S>,
): MemoryPlan {
  const stored = (nodes: readonly Node[]): Node[] =>
    nodes.map((node) => rootOf(node, operations)).filter((node) => !isFixed(node));
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
    { outputs: stored(Object.values(outputs)), ...(alignment !== undefined && { alignment }) },
  );
}
