/** Stores and engines that tests put between a slice and the real ones. */
import type { SliceStore } from '@selfcure/slices';
import type { Backend, Program } from '@selfcure/tensor';

/** A call of a store. */
export interface StoreCall {
  readonly operation: 'get' | 'set' | 'remove' | 'keys' | 'compareAndSet';
  readonly key: string;
  readonly value?: Uint8Array;
}

/** A store whose every call passes `around`, which carries it out or does not. */
export function throughStore(
  store: SliceStore,
  around: <T>(call: StoreCall, carryOut: () => Promise<T>) => Promise<T>,
): SliceStore {
  return {
    name: `${store.name} in a test`,
    get: (key) => around({ operation: 'get', key }, () => store.get(key)),
    set: (key, value) => around({ operation: 'set', key, value }, () => store.set(key, value)),
    remove: (key) => around({ operation: 'remove', key }, () => store.remove(key)),
    keys: (folder) => around({ operation: 'keys', key: folder }, () => store.keys(folder)),
    compareAndSet: (key, expected, next) =>
      around({ operation: 'compareAndSet', key, value: next }, () => store.compareAndSet(key, expected, next)),
  };
}

/** An engine that keeps compiled programs for the next run, so that hundreds of slices do not compile hundreds of times. */
export function pooled(backend: Backend): Backend {
  const free = new Map<string, Program[]>();
  return {
    ...backend,
    compile: async (graph) => {
      // Nodes hold their inputs: as plain JSON a graph would repeat them without end.
      const key = JSON.stringify(
        graph.nodes.map(({ inputs, ...node }) => ({ ...node, inputs: inputs.map(({ id }) => id) })),
      );
      const program = free.get(key)?.pop() ?? (await backend.compile(graph));
      return {
        graph: program.graph,
        report: program.report,
        run: (state, inputs) => program.run(state, inputs),
        dispose: () => {
          free.set(key, [...(free.get(key) ?? []), program]);
        },
      };
    },
  };
}

/** All values of a run in a store, as text. */
export async function contentOf(store: SliceStore, runId: string): Promise<Record<string, string>> {
  const keys = [`${runId}/head`, ...(await store.keys(`${runId}/parts`))].sort();
  const entries: [string, string][] = [];
  for (const key of keys) entries.push([key, Buffer.from((await store.get(key))!).toString('base64')]);
  return Object.fromEntries(entries);
}
