import { StoreError } from '../errors.ts';
import type { SliceStore } from './slice-store.ts';

/** What slices need of a client of the package `ioredis`. */
export interface IoredisClient {
  callBuffer(command: string, ...args: (string | number | Uint8Array)[]): Promise<unknown>;
}

/** What slices need of a client of `@redis/client` or `redis`. */
export interface NodeRedisClient {
  sendCommand(args: readonly (string | Uint8Array)[], options?: object): Promise<unknown>;
}

/** Options of {@link redisStore}. */
export interface RedisStoreOptions {
  /** Begins the name of every key. Default `'selfcure:'`. */
  readonly prefix?: string;
}

// An absent value is '' here: no value of a run is empty.
const swap = `if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`;

/**
 * A store on Redis, through a client of yours that is connected: `ioredis`, or `@redis/client` (`redis`). A folder of keys is one
 * hash, so that no listing walks the whole database; values are compared and written by a script, which Redis runs alone.
 *
 * A Redis that does not write to its disk loses runs when it ends, and a replica that takes over may lack the latest writes;
 * `trainSlice` refuses to go on where it is shown a cursor that the store does not know.
 *
 * @throws StoreError where the client is neither.
 * @example await trainSlice({ store: redisStore(new Redis(url)), runId: 'faces-7', until, train: options });
 */
export function redisStore(
  client: IoredisClient | NodeRedisClient,
  { prefix = 'selfcure:' }: RedisStoreOptions = {},
): SliceStore {
  const send = sender(client);
  /** Name of the hash and of the field. */
  const place = (key: string): [hash: string, field: string] => {
    const cut = key.lastIndexOf('/');
    return [prefix + key.slice(0, cut), key.slice(cut + 1)];
  };
  return {
    name: 'redis',
    get: async (key) => {
      const value = await send('HGET', ...place(key));
      // Clients give parts of a pool.
      return value === null ? null : new Uint8Array(value as Uint8Array);
    },
    set: async (key, value) => {
      await send('HSET', ...place(key), value);
    },
    remove: async (key) => {
      await send('HDEL', ...place(key));
    },
    keys: async (folder) => ((await send('HKEYS', prefix + folder)) as unknown[]).map((field) => `${folder}/${field}`),
    compareAndSet: async (key, expected, next) => {
      const [hash, field] = place(key);
      return Number(await send('EVAL', swap, '1', hash, field, expected ?? '', next)) === 1;
    },
  };
}

/** A command of a client whose texts come back as bytes. */
function sender(client: IoredisClient | NodeRedisClient): (...args: (string | Uint8Array)[]) => Promise<unknown> {
  // Clients of Redis run where Node's Buffer is, and take bytes in no other form.
  const { Buffer } = globalThis as unknown as {
    Buffer: { from(buffer: ArrayBufferLike, offset: number, length: number): Uint8Array };
  };
  const wrap = (value: string | Uint8Array): string | Uint8Array =>
    typeof value === 'string' ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if ('callBuffer' in client) return (command, ...args) => client.callBuffer(command as string, ...args.map(wrap));
  if ('sendCommand' in client) {
    const blobString = 36;
    const options = { typeMapping: { [blobString]: Buffer } };
    return (...args) => client.sendCommand(args.map(wrap), options);
  }
  throw new StoreError('redisStore: this is no client. Pass one of ioredis (new Redis(url)) or of @redis/client');
}
