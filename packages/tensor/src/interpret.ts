import type { NumericArray } from './backend.ts';
import type { DType, Graph, Node, Shape } from './graph.ts';
import type { Operation, OperationTable } from './operations/operation.ts';
import { operationTable } from './operations/table.ts';

/** Computes the value of one node from the values of its inputs; it never changes them. */
export type Kernel<T> = (node: Node, inputs: readonly T[]) => T;

/**
 * The simplest engine: one kernel per operation over handles of type T (an array, a tensor of some library).
 *
 * It needs kernels for the views `reshape` and `rows`, for the leaves `full` and `iota`, and for the operations that
 * it wants to run; the rest is lowered. `assign` is done by the interpreter.
 */
export interface KernelTable<T> {
  readonly kernels: Readonly<Record<string, Kernel<T>>>;
  /** Which nodes it runs, where not every node of an operation that has a kernel. */
  claims?(node: Node): true | string;
  upload(values: NumericArray, shape: Shape, dtype: DType): T;
  download(value: T): NumericArray | Promise<NumericArray>;
  /** Another handle to the same content; each is disposed on its own. */
  share(value: T): T;
  dispose(value: T): void;
}

/** A graph ready to be interpreted. */
export interface Interpreter<T> {
  /** Kernels of one run. */
  readonly steps: number;
  /** Runs once; `state` is changed by the effects, the caller owns inputs and outputs. */
  run(state: Map<string, T>, inputs: ReadonlyMap<string, T>): Map<string, T>;
  dispose(): void;
}

/**
 * Whether a table runs a node; a string says why not.
 *
 * @example
 * const lowered = lower(graph, (node) => tableClaims(kernelTable, node));
 */
export function tableClaims<T>(table: KernelTable<T>, node: Node): true | string {
  if (!Object.hasOwn(table.kernels, node.op)) return `it has no kernel '${node.op}'`;
  return table.claims?.(node) ?? true;
}

/**
 * Runs a lowered graph node by node. Constants are computed once; every other value is disposed after its last use.
 *
 * @param graph lowered to what the table claims.
 * @param operations the table that the graph was traced with; it says which nodes are leaves, views and effects. Default:
 * {@link operationTable}.
 * @example
 * const interpreter = interpret(lower(graph, (node) => tableClaims(kernelTable, node)), kernelTable);
 * const outputs = interpreter.run(new Map(), new Map([['x', kernelTable.upload(values, [4, 3], 'f32')]]));
 */
export function interpret<T>(
  graph: Graph,
  table: KernelTable<T>,
  operations: OperationTable = operationTable,
): Interpreter<T> {
  const { nodes } = graph;
  const kindOf = (node: Node): Operation['kind'] => operations[node.op]?.kind;
  const isConstant = (node: Node): boolean => node.op === 'full' || node.op === 'iota';
  const isEffect = (node: Node): boolean => kindOf(node) === 'effect';
  const constants = new Map<Node, T>(nodes.filter(isConstant).map((node) => [node, table.kernels[node.op]!(node, [])]));

  const lastUse = new Map<Node, number>();
  nodes.forEach((node, time) => {
    lastUse.set(node, time);
    for (const input of node.inputs) lastUse.set(input, time);
  });
  const outputs = Object.entries(graph.outputs);
  for (const [, node] of outputs) lastUse.set(node, nodes.length);
  // Leaves are not ours to dispose.
  const ending: Node[][] = nodes.map(() => []);
  for (const [node, time] of lastUse) {
    if (kindOf(node) !== 'leaf' && !isEffect(node) && time < nodes.length) ending[time]!.push(node);
  }
  const steps = nodes.filter((node) => kindOf(node) !== 'leaf' && kindOf(node) !== 'view').length;

  return {
    steps,
    run: (state, inputs) => {
      const values = new Map<Node, T>();
      const owned = new Set<Node>();
      const free = (node: Node): void => {
        if (!owned.delete(node)) return;
        table.dispose(values.get(node)!);
        values.delete(node);
      };
      const compute = (node: Node): void => {
        if (node.op === 'input') values.set(node, inputs.get(String(node.attributes['name']))!);
        else if (node.op === 'state') values.set(node, state.get(String(node.attributes['name']))!);
        else if (isConstant(node)) values.set(node, constants.get(node)!);
        else {
          const operands = node.inputs.map((input) => values.get(input)!);
          if (node.op === 'assign') {
            const name = String(node.attributes['name']);
            const replaced = state.get(name)!;
            state.set(name, table.share(operands[0]!));
            table.dispose(replaced);
          } else {
            values.set(node, table.kernels[node.op]!(node, operands));
            owned.add(node);
          }
        }
      };
      try {
        nodes.forEach((node, time) => {
          compute(node);
          for (const done of ending[time]!) free(done);
        });
        return new Map(outputs.map(([name, node]) => [name, table.share(values.get(node)!)]));
      } finally {
        for (const node of [...owned]) free(node);
      }
    },
    dispose: () => {
      for (const value of constants.values()) table.dispose(value);
      constants.clear();
    },
  };
}
