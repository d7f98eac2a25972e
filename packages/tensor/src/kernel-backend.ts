import type { Backend, Capabilities, MemoryInfo, NamedArrays, Program, State } from './backend.ts';
import { checkArray, checkState } from './checks.ts';
import { RunError } from './errors.ts';
import type { InputSpec, StateSpec } from './graph.ts';
import { interpret, tableClaims } from './interpret.ts';
import type { KernelTable } from './interpret.ts';
import { lower } from './lower.ts';
import type { OperationTable } from './operations/operation.ts';
import { plan } from './plan.ts';
import { printGraph } from './print.ts';
import { sizeOf } from './shape.ts';

/** What {@link kernelBackend} makes a backend of. */
export interface KernelBackendOptions<T> {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly table: KernelTable<T>;
  /**
   * The operations that its graphs may hold: the table that they were traced with. Default: {@link operationTable}. An added
   * operation without a kernel runs through its lowering.
   */
  readonly operations?: OperationTable;
  /** What the engine holds; counted from states and constants where absent. */
  memory?(): MemoryInfo;
  /** Frees the engine itself. */
  close?(): void | Promise<void>;
}

/**
 * A whole backend from a kernel table: this is all that a simple adapter needs.
 *
 * @example
 * export const mine = (): Backend => kernelBackend({ name: 'mine', capabilities, table: { kernels, upload, download, share, dispose } });
 */
export function kernelBackend<T>(options: KernelBackendOptions<T>): Backend {
  const { name, capabilities, table, operations, memory, close } = options;
  const states = new Set<Map<string, T>>();
  const specsOf = new WeakMap<Map<string, T>, readonly StateSpec[]>();
  const values = new WeakMap<State, Map<string, T>>();
  const programs = new Set<{ dispose(): void }>();

  const wrap = (map: Map<string, T>, specs: readonly StateSpec[]): State => {
    states.add(map);
    specsOf.set(map, specs);
    const byName = new Map(specs.map((spec) => [spec.name, spec]));
    const state: State = {
      specs,
      read: async (names = specs.map((spec) => spec.name)) => {
        const entries = names.map(async (key) => {
          const value = map.get(key);
          if (value === undefined)
            throw new RunError(`state '${key}' does not exist. Known: ${[...map.keys()].join(', ')}`);
          return [key, await table.download(value)] as const;
        });
        return Object.fromEntries(await Promise.all(entries));
      },
      write: async (replacements) => {
        for (const [key, array] of Object.entries(replacements)) {
          const spec = byName.get(key);
          if (!spec) throw new RunError(`state '${key}' does not exist. Known: ${[...map.keys()].join(', ')}`);
          checkArray('state', key, array, spec.shape);
        }
        for (const [key, array] of Object.entries(replacements)) {
          table.dispose(map.get(key)!);
          map.set(key, table.upload(array, byName.get(key)!.shape, 'f32'));
        }
      },
      clone: async () => wrap(new Map([...map].map(([key, value]) => [key, table.share(value)])), specs),
      dispose: () => {
        if (!states.delete(map)) return;
        for (const value of map.values()) table.dispose(value);
        map.clear();
      },
    };
    values.set(state, map);
    return state;
  };

  const backend: Backend = {
    specificationVersion: 'v1',
    name,
    capabilities,
    claims: (node) => tableClaims(table, node),
    createState: async (specs, init) => {
      for (const spec of specs) checkArray('first value of state', spec.name, init[spec.name], spec.shape);
      return wrap(new Map(specs.map((spec) => [spec.name, table.upload(init[spec.name]!, spec.shape, 'f32')])), specs);
    },
    compile: async (graph) => {
      const start = Date.now();
      const lowered = lower(graph, (node) => tableClaims(table, node), operations);
      const interpreter = interpret(lowered, table, operations);
      programs.add(interpreter);
      const { lowerBoundBytes } = plan(
        lowered.nodes.map((node) => ({ writes: [node], reads: node.inputs })),
        { outputs: Object.values(lowered.outputs) },
      );
      const program: Program = {
        graph: lowered,
        report: {
          steps: interpreter.steps,
          stored: lowered.nodes.length,
          arenaBytes: lowerBoundBytes,
          stateBytes: lowered.state.reduce((sum, spec) => sum + 4 * sizeOf(spec.shape), 0),
          flops: lowered.flops,
          compileMilliseconds: Date.now() - start,
          listing: () => printGraph(lowered),
        },
        run: async (state, inputs) => {
          const map = values.get(state);
          if (!map || !states.has(map))
            throw new RunError(`the state was disposed of or made by another backend than '${name}'`);
          checkState(specsOf.get(map)!, lowered.state);
          const uploaded = upload(table, lowered.inputs, inputs);
          let outputs: Map<string, T>;
          try {
            outputs = interpreter.run(map, uploaded);
          } finally {
            for (const value of uploaded.values()) table.dispose(value);
          }
          try {
            const read = [...outputs].map(async ([key, value]) => [key, await table.download(value)] as const);
            return Object.fromEntries(await Promise.all(read)) as NamedArrays;
          } finally {
            for (const value of outputs.values()) table.dispose(value);
          }
        },
        dispose: () => {
          if (programs.delete(interpreter)) interpreter.dispose();
        },
      };
      return program;
    },
    memory: memory ?? (() => countStates(states, specsOf)),
    close: async () => {
      for (const map of states) for (const value of map.values()) table.dispose(value);
      states.clear();
      for (const program of programs) program.dispose();
      programs.clear();
      await close?.();
    },
  };
  return backend;
}

function countStates<T>(
  states: ReadonlySet<Map<string, T>>,
  specsOf: WeakMap<Map<string, T>, readonly StateSpec[]>,
): MemoryInfo {
  let bytes = 0;
  let values = 0;
  for (const map of states) {
    values += map.size;
    for (const spec of specsOf.get(map) ?? []) bytes += 4 * sizeOf(spec.shape);
  }
  return { bytes, values };
}

function upload<T>(table: KernelTable<T>, specs: readonly InputSpec[], inputs: NamedArrays): Map<string, T> {
  for (const { name, shape } of specs) checkArray('input', name, inputs[name], shape);
  return new Map(specs.map(({ name, shape, dtype }) => [name, table.upload(inputs[name]!, shape, dtype)]));
}
