import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type * as FileSystem from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { AwsClient } from 'aws4fetch';
import { Redis } from 'ioredis';
import { createStorage } from 'unstorage';
import fsDriver from 'unstorage/drivers/fs';
import lruCacheDriver from 'unstorage/drivers/lru-cache';
import redisDriver from 'unstorage/drivers/redis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fromUnstorage, memoryStore, redisStore, s3Store, StoreError } from '@selfcure/slices';
import type { SliceStore } from '@selfcure/slices';
import { fileSystemStore } from '@selfcure/slices/node';
import { demand, noRedis, noS3, startRedis, startS3 } from './servers.ts';
import type { Server } from './servers.ts';

/** What another process does between the moments at which this one looks at a value and names a new one. */
const meanwhile = vi.hoisted(() => ({ link: null as null | (() => Promise<void>) }));
vi.mock('node:fs/promises', async (importActual) => {
  const actual = await importActual<typeof FileSystem>();
  return {
    ...actual,
    link: async (from: string, to: string) => {
      const others = meanwhile.link;
      meanwhile.link = null;
      await others?.();
      await actual.link(from, to);
    },
  };
});

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));
const numberIn = (value: Uint8Array | null): number => (value ? Number(Buffer.from(value).toString()) : 0);

/** What every store must do. `open` gives handles on one and the same store. */
function describeStore(name: string, open: () => SliceStore | Promise<SliceStore>): void {
  describe(`store: ${name}`, () => {
    let store: SliceStore;
    let other: SliceStore;
    beforeAll(async () => {
      store = await open();
      other = await open();
    });

    it('keeps bytes by key', async () => {
      expect(await store.get('run/parts/none')).toBeNull();
      const value = Uint8Array.from({ length: 70_001 }, (_, i) => (i * 31 + (i >> 8)) & 255);
      await store.set('run/parts/a.1.1', value);
      const found = await other.get('run/parts/a.1.1');
      expect(Buffer.compare(found!, value)).toBe(0);
      // Neither what was given nor what comes back is shared with the store.
      found!.fill(7);
      value[0] = 99;
      expect((await store.get('run/parts/a.1.1'))!.slice(0, 3)).toEqual(bytes(0, 31, 62));
      await store.set('run/parts/a.1.1', bytes(1, 2));
      expect(await other.get('run/parts/a.1.1')).toEqual(bytes(1, 2));
      await store.remove('run/parts/a.1.1');
      await store.remove('run/parts/a.1.1');
      expect(await other.get('run/parts/a.1.1')).toBeNull();
    });

    it('lists the keys of a folder', async () => {
      expect(await store.keys('listed/parts')).toEqual([]);
      const names = Array.from({ length: 12 }, (_, i) => `listed/parts/${'0123456789ab'[i]}f.${i}.1`);
      for (const key of names) await store.set(key, bytes(1));
      await store.set('listed/partsandmore/x', bytes(1));
      await store.set('listed-2/parts/x', bytes(1));
      await store.compareAndSet('listed/head', null, bytes(1));
      await store.remove(names[5]!);
      expect((await other.keys('listed/parts')).sort()).toEqual(names.filter((_, i) => i !== 5).sort());
    });

    it('compares and sets', async () => {
      expect(await store.compareAndSet('cas/head', bytes(1), bytes(2))).toBe(false);
      expect(await store.get('cas/head')).toBeNull();
      expect(await store.compareAndSet('cas/head', null, bytes(1, 0, 255))).toBe(true);
      expect(await other.compareAndSet('cas/head', null, bytes(9))).toBe(false);
      expect(await other.compareAndSet('cas/head', bytes(1, 0), bytes(9))).toBe(false);
      expect(await other.get('cas/head')).toEqual(bytes(1, 0, 255));
      expect(await other.compareAndSet('cas/head', bytes(1, 0, 255), bytes(2))).toBe(true);
      expect(await store.get('cas/head')).toEqual(bytes(2));
      for (let i = 3; i < 40; i++) expect(await store.compareAndSet('cas/head', bytes(i - 1), bytes(i))).toBe(true);
      expect(await other.get('cas/head')).toEqual(bytes(39));
    });

    it('lets one of many win', async () => {
      const wins = await Promise.all(
        Array.from({ length: 16 }, (_, i) => (i % 2 ? store : other).compareAndSet('race/head', null, bytes(i))),
      );
      expect(wins.filter((won) => won)).toHaveLength(1);
      expect(await store.get('race/head')).toEqual(bytes(wins.indexOf(true)));
    });

    it('loses no update', async () => {
      const add = async (handle: SliceStore): Promise<void> => {
        for (;;) {
          const value = await handle.get('count/head');
          if (await handle.compareAndSet('count/head', value, text(String(numberIn(value) + 1)))) return;
        }
      };
      await Promise.all(
        [store, other, store, other].map(async (handle) => {
          for (let i = 0; i < 6; i++) await add(handle);
        }),
      );
      expect(numberIn(await store.get('count/head'))).toBe(24);
    });
  });
}

const shared = memoryStore();
describeStore('memory', () => shared);

const folder = mkdtempSync(join(tmpdir(), 'selfcure-slices-'));
afterAll(() => rmSync(folder, { recursive: true }));
describeStore('file system', () => fileSystemStore(join(folder, 'contract')));

describe('file system', () => {
  it('does not count a write of a process that was away for long', async () => {
    const store = fileSystemStore(join(folder, 'paused'));
    const key = 'run/head';
    const many = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i++)
        expect(await store.compareAndSet(key, i ? bytes(i) : null, bytes(i + 1))).toBe(true);
    };
    await many(0, 3);
    // The version that the paused process is about to make was made and, after 40 more, removed.
    meanwhile.link = () => many(3, 43);
    expect(await store.compareAndSet(key, bytes(3), bytes(77))).toBe(false);
    expect(await store.get(key)).toEqual(bytes(43));
    // One that was away for one version only finds it there.
    meanwhile.link = () => many(43, 44);
    expect(await store.compareAndSet(key, bytes(43), bytes(77))).toBe(false);
    expect(await store.get(key)).toEqual(bytes(44));
    expect(await store.compareAndSet(key, bytes(44), bytes(45))).toBe(true);
    expect(readdirSync(join(folder, 'paused/run/head')).length).toBeLessThanOrEqual(17);
  });

  it('refuses keys that lead out of the folder', async () => {
    const store = fileSystemStore(join(folder, 'inside'));
    for (const key of ['../x', 'a/../../x', '/etc/passwd', 'a//b', '', '.unfinished/x', 'a\\..\\x'])
      await expect(async () => store.set(key, bytes(1)), key).rejects.toThrow(StoreError);
  });

  it('leaves nothing unfinished', () => {
    expect(readdirSync(join(folder, 'contract/.unfinished'))).toEqual([]);
  });
});

describe('unstorage', () => {
  const storage = createStorage();
  describeStore('unstorage on memory', () => fromUnstorage(storage));
  const mounted = createStorage();
  mounted.mount('deep:runs', createStorage().getMount().driver);
  describeStore('unstorage on a mount', () => fromUnstorage(mounted, { base: 'deep:runs:here' }));
  // One object: others of an exclusive storage are not to be used at the same time.
  const exclusive = fromUnstorage(createStorage({ driver: lruCacheDriver({}) }), { exclusive: true });
  describeStore('unstorage, exclusive', () => exclusive);

  it('refuses a driver that cannot keep workers apart', () => {
    expect(() => fromUnstorage(createStorage({ driver: lruCacheDriver({}) }))).toThrow(
      /driver 'lru-cache' has no compare-and-set.*exclusive: true/,
    );
    const files = createStorage({ driver: fsDriver({ base: join(folder, 'unstorage') }) });
    expect(() => fromUnstorage(files, { exclusive: true })).toThrow(/driver 'fs'.*fileSystemStore/);
  });

  it('refuses what is not the bytes that were stored', async () => {
    await storage.setItem('selfcure:run:head', { some: 'object' });
    await expect(fromUnstorage(storage).get('run/head')).rejects.toThrow(
      /the driver gave a \w+ for 'run\/head', not the bytes/,
    );
  });
});

demand('Redis', noRedis);
describe.skipIf(noRedis !== null)(`Redis${noRedis ? ` [absent: ${noRedis}]` : ''}`, () => {
  let server: Server;
  const closings: (() => unknown)[] = [];
  const ioredis = (): Redis => {
    const client = new Redis(server.port, '127.0.0.1');
    closings.push(() => client.disconnect());
    return client;
  };
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    for (const close of closings) await close();
    await server.close();
  });

  describeStore('Redis by ioredis', () => redisStore(ioredis(), { prefix: 'a:' }));
  describeStore('Redis by @redis/client', async () => {
    const client = createClient({ socket: { host: '127.0.0.1', port: server.port } });
    await client.connect();
    closings.push(() => client.destroy());
    return redisStore(client, { prefix: 'b:' });
  });
  describeStore('unstorage on Redis', () => {
    const driver = redisDriver({ host: '127.0.0.1', port: server.port, base: 'c' });
    closings.push(() => driver.dispose?.());
    return fromUnstorage(createStorage({ driver }), { base: 'runs' });
  });

  it('keeps to its prefix, one hash a folder', async () => {
    const keys = await ioredis().keys('*');
    expect(keys.filter((key) => !/^(a:|b:|c:runs:)/.test(key))).toEqual([]);
    for (const prefix of ['a:', 'b:', 'c:runs:']) expect(keys).toContain(`${prefix}listed/parts`);
  });

  it('refuses what is no client', () => {
    expect(() => redisStore({} as Redis)).toThrow(StoreError);
  });
});

demand('S3', noS3);
describe.skipIf(noS3 !== null)(`S3${noS3 ? ` [absent: ${noS3}]` : ''}`, () => {
  let server: Server;
  const aws = new AwsClient({ accessKeyId: 'key', secretAccessKey: 'secret', service: 's3', region: 'us-east-1' });
  const open = (bucket: string, inner?: string): SliceStore =>
    s3Store({
      bucket: `http://127.0.0.1:${server.port}/${bucket}`,
      ...(inner && { folder: inner }),
      fetch: (url, init) => aws.fetch(url, init),
    });
  beforeAll(async () => {
    server = await startS3();
    await aws.fetch(`http://127.0.0.1:${server.port}/runs`, { method: 'PUT' });
  });
  afterAll(() => server.close());

  describeStore('S3', () => open('runs'));
  describeStore('S3 in a folder', () => open('runs', 'some/folder'));

  it('names what a bucket refuses', async () => {
    await expect(open('nothing').set('a/b', bytes(1))).rejects.toThrow(/PUT \/a\/b was answered 404 \(NoSuchBucket\)/);
  });

  it('lists more keys than one answer holds', async () => {
    const store = s3Store({
      bucket: `http://127.0.0.1:${server.port}/runs`,
      folder: 'many',
      fetch: (url, init) => aws.fetch(url.includes('list-type') ? `${url}&max-keys=3` : url, init),
    });
    const keys = Array.from({ length: 8 }, (_, i) => `run/parts/${i}`);
    for (const key of keys) await store.set(key, bytes(1));
    expect((await store.keys('run/parts')).sort()).toEqual(keys);
  });
});
