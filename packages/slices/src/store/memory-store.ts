import { sameBytes } from '../bytes.ts';
import type { SliceStore } from './slice-store.ts';

/**
 * A store in the memory of this process, for tests and for runs that need not outlive it.
 *
 * @example await trainSlice({ store: memoryStore(), runId: 'try', train: options });
 */
export function memoryStore(): SliceStore {
  const values = new Map<string, Uint8Array>();
  return {
    name: 'memory',
    get: async (key) => values.get(key)?.slice() ?? null,
    set: async (key, value) => {
      values.set(key, value.slice());
    },
    remove: async (key) => {
      values.delete(key);
    },
    keys: async (folder) => [...values.keys()].filter((key) => key.slice(0, key.lastIndexOf('/')) === folder),
    compareAndSet: async (key, expected, next) => {
      if (!sameBytes(values.get(key) ?? null, expected)) return false;
      values.set(key, next.slice());
      return true;
    },
  };
}
