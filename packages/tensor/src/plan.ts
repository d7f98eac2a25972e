import type { Node } from './graph.ts';
import type { OperationTable } from './operations/operation.ts';
import { operationTable } from './operations/table.ts';
import { sizeOf } from './shape.ts';

/** One kernel of an engine: the values that it stores and the stored values that it reads. */
export interface Step {
  readonly writes: readonly Node[];
  readonly reads: readonly Node[];
}

/** Options of {@link plan}. */
export interface PlanOptions {
  /** Values that must outlive the last step. */
  readonly outputs?: readonly Node[];
  /** Bytes that offsets are a multiple of. Default 64. */
  readonly alignment?: number;
}

/** Where an engine keeps the values of a step. */
export interface MemoryPlan {
  /** Byte offset of every stored value. */
  readonly offset: ReadonlyMap<Node, number>;
  /** Bytes of the arena. */
  readonly arenaBytes: number;
  /** The most bytes that are alive at once: no layout can do with less. */
  readonly lowerBoundBytes: number;
  /** Bytes if no memory were used twice. */
  readonly storedBytes: number;
}

/**
 * Floating-point operations of nodes; a multiply-add counts as two, leaves and views as none.
 *
 * @param table the operations that the nodes are of.
 * @example
 * const backward = flopsOf(graph.nodes.filter((node) => node.layer.startsWith('gradient')));
 */
export function flopsOf(nodes: readonly Node[], table: OperationTable = operationTable): number {
  return nodes.reduce((sum, node) => {
    const row = table[node.op];
    if (!row || row.kind === 'leaf' || row.kind === 'view') return sum;
    return sum + (row.flops?.(node) ?? sizeOf(node.shape));
  }, 0);
}

/**
 * Memory of the values that an engine's steps store: liveness, and offsets by greedy placement, largest first, each at
 * the lowest gap among the values alive at the same time.
 *
 * Planning comes after fusion, since the engine decides which values are stored.
 *
 * @param steps in execution order; a value is written once, and alive from then to its last read.
 * @example
 * const { arenaBytes } = plan(graph.nodes.map((node) => ({ writes: [node], reads: node.inputs })));
 */
export function plan(steps: readonly Step[], { outputs = [], alignment = 64 }: PlanOptions = {}): MemoryPlan {
  const bytes = (node: Node): number => Math.ceil((sizeOf(node.shape) * 4) / alignment) * alignment;
  const born = new Map<Node, number>();
  const dies = new Map<Node, number>();
  steps.forEach((step, time) => {
    for (const node of step.writes) {
      born.set(node, time);
      dies.set(node, time);
    }
    for (const node of step.reads) if (born.has(node)) dies.set(node, time);
  });
  for (const node of outputs) if (born.has(node)) dies.set(node, steps.length);

  const ending = new Map<number, number>();
  for (const [node, time] of dies) ending.set(time, (ending.get(time) ?? 0) + bytes(node));
  let alive = 0;
  let lowerBoundBytes = 0;
  let storedBytes = 0;
  steps.forEach((step, time) => {
    for (const node of step.writes) {
      alive += bytes(node);
      storedBytes += bytes(node);
    }
    lowerBoundBytes = Math.max(lowerBoundBytes, alive);
    alive -= ending.get(time) ?? 0;
  });

  const offset = new Map<Node, number>();
  const placed: { from: number; to: number; start: number; end: number }[] = [];
  let arenaBytes = 0;
  const bySize = [...born.keys()].sort((a, b) => bytes(b) - bytes(a) || born.get(a)! - born.get(b)!);
  for (const node of bySize) {
    const from = born.get(node)!;
    const to = dies.get(node)!;
    let start = 0;
    for (const other of placed) {
      if (other.from > to || other.to < from) continue; // never alive together
      if (start + bytes(node) <= other.start) break;
      start = Math.max(start, other.end);
    }
    const end = start + bytes(node);
    offset.set(node, start);
    arenaBytes = Math.max(arenaBytes, end);
    const at = placed.findIndex((other) => other.start > start);
    placed.splice(at < 0 ? placed.length : at, 0, { from, to, start, end });
  }
  return { offset, arenaBytes, lowerBoundBytes, storedBytes };
}
