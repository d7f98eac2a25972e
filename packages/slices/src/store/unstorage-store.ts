import { sameBytes } from '../bytes.ts';
import { StoreError } from '../errors.ts';
import { redisStore } from './redis-store.ts';
import type { IoredisClient } from './redis-store.ts';
import type { SliceStore } from './slice-store.ts';

/** What slices need of a `Storage` of the package `unstorage`. */
export interface UnstorageStorage {
  getItemRaw(key: string): Promise<unknown>;
  setItemRaw(key: string, value: unknown): Promise<void>;
  removeItem(key: string): Promise<void>;
  getKeys(base?: string): Promise<string[]>;
  getMount(key?: string): {
    readonly base: string;
    readonly driver: {
      readonly name?: string;
      readonly options?: unknown;
      readonly getInstance?: () => unknown;
    };
  };
}

/** Options of {@link fromUnstorage}. */
export interface UnstorageOptions {
  /** Begins the name of every key. Default `'selfcure'`. */
  readonly base?: string;
  /**
   * You promise that no two calls of `trainSlice` for one run overlap, anywhere: a queue that hands out one message of a run at a
   * time, a single worker. Needed where the driver has no compare-and-set.
   */
  readonly exclusive?: boolean;
}

/**
 * A store on any `Storage` of unstorage. unstorage itself has no compare-and-set, without which two workers on one run would
 * write over each other. With the driver `redis` its client is used as {@link redisStore} does, with `memory` its map; every
 * other driver is refused without `exclusive`. `fs` and `fs-lite` write files in place, which a killed process leaves half
 * written, and are always refused: `fileSystemStore` of `@selfcure/slices/node` is for folders.
 *
 * @throws StoreError where the driver can not keep two workers apart and `exclusive` is not promised.
 * @example fromUnstorage(createStorage({ driver: redisDriver({ url }) }))
 * @example fromUnstorage(createStorage({ driver: cloudflareKv({ binding }) }), { exclusive: true })
 */
export function fromUnstorage(
  storage: UnstorageStorage,
  { base = 'selfcure', exclusive = false }: UnstorageOptions = {},
): SliceStore {
  const { driver, base: mounted } = storage.getMount(`${base}:`);
  const name = `unstorage with driver '${driver.name ?? 'unknown'}'`;
  if (driver.name === 'fs' || driver.name === 'fs-lite') {
    throw new StoreError(
      `fromUnstorage: driver '${driver.name}' leaves a half-written file when its process is killed. Use fileSystemStore(folder) of @selfcure/slices/node`,
    );
  }
  const inner = `${base}:`.slice(mounted.length);
  if (driver.name === 'redis' && driver.getInstance) {
    const { base: own = '' } = (driver.options ?? {}) as { readonly base?: string };
    const prefix = own === '' ? inner : `${own.replace(/:$/, '')}:${inner}`;
    return { ...redisStore(driver.getInstance() as IoredisClient, { prefix }), name };
  }
  const plain = plainStore(storage, base);
  if (driver.name === 'memory' && driver.getInstance) {
    const map = driver.getInstance() as Map<string, unknown>;
    return {
      ...plain,
      name,
      compareAndSet: async (key, expected, next) => {
        const place = inner + key.replaceAll('/', ':');
        if (!sameBytes(bytesOf(map.get(place), key), expected)) return false;
        map.set(place, next.slice());
        return true;
      },
    };
  }
  if (!exclusive) {
    throw new StoreError(
      `fromUnstorage: driver '${driver.name ?? 'unknown'}' has no compare-and-set: two workers on one run would write over each other. ` +
        'Use the driver redis, redisStore, s3Store or fileSystemStore, or promise { exclusive: true } where calls for one run never overlap',
    );
  }
  let last: Promise<unknown> = Promise.resolve();
  return {
    ...plain,
    name,
    // Within this object calls follow each other; beyond it, the caller's promise holds.
    compareAndSet: (key, expected, next) => {
      const turn = last.then(async () => {
        if (!sameBytes(await plain.get(key), expected)) return false;
        await plain.set(key, next);
        return true;
      });
      last = turn.catch(() => {});
      return turn;
    },
  };
}

function plainStore(storage: UnstorageStorage, base: string): Omit<SliceStore, 'name' | 'compareAndSet'> {
  const nameOf = (key: string): string => `${base}:${key.replaceAll('/', ':')}`;
  return {
    get: async (key) => bytesOf(await storage.getItemRaw(nameOf(key)), key),
    // Some drivers keep the very array.
    set: (key, value) => storage.setItemRaw(nameOf(key), value.slice()),
    remove: (key) => storage.removeItem(nameOf(key)),
    keys: async (folder) => {
      const start = `${nameOf(folder)}:`;
      const names = (await storage.getKeys(start)).filter((name) => name.startsWith(start));
      return names
        .map((name) => name.slice(start.length))
        .flatMap((rest) => (rest.includes(':') ? [] : [`${folder}/${rest}`]));
    },
  };
}

function bytesOf(value: unknown, key: string): Uint8Array | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0));
  throw new StoreError(`fromUnstorage: the driver gave a ${typeof value} for '${key}', not the bytes that were stored`);
}
