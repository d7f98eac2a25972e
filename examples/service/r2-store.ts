/** Slices in an R2 bucket, which has conditional writes; Workers KV has none, and shows a write to others up to a minute later. */
import type { SliceStore } from '@selfcure/slices';

/** What is used of an R2 binding. */
export interface R2Bucket {
  get(key: string): Promise<{ readonly etag: string; arrayBuffer(): Promise<ArrayBuffer> } | null>;
  put(
    key: string,
    value: Uint8Array,
    options?: { readonly onlyIf?: Headers | { etagMatches: string } },
  ): Promise<unknown>;
  delete(key: string): Promise<void>;
  list(options: { prefix: string; cursor?: string }): Promise<{
    readonly objects: readonly { readonly key: string }[];
    readonly truncated: boolean;
    readonly cursor?: string;
  }>;
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, at) => byte === b[at]);

/** A store of slices in a bucket. */
export function r2Store(bucket: R2Bucket): SliceStore {
  return {
    name: 'r2',
    get: async (key) => {
      const found = await bucket.get(key);
      return found && new Uint8Array(await found.arrayBuffer());
    },
    set: async (key, value) => {
      await bucket.put(key, value);
    },
    remove: (key) => bucket.delete(key),
    keys: async (folder) => {
      const keys: string[] = [];
      for (let cursor: string | undefined, more = true; more;) {
        const page = await bucket.list({ prefix: `${folder}/`, ...(cursor !== undefined && { cursor }) });
        keys.push(...page.objects.map(({ key }) => key));
        ({ cursor, truncated: more } = page);
      }
      return keys.filter((key) => !key.slice(folder.length + 1).includes('/'));
    },
    compareAndSet: async (key, expected, next) => {
      const found = await bucket.get(key);
      const present = found && new Uint8Array(await found.arrayBuffer());
      if (present === null || expected === null ? present !== expected : !same(present, expected)) return false;
      const onlyIf = found ? { etagMatches: found.etag } : new Headers({ 'If-None-Match': '*' });
      return (await bucket.put(key, next, { onlyIf })) !== null;
    },
  };
}
