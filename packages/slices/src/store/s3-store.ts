import { sameBytes } from '../bytes.ts';
import { StoreError } from '../errors.ts';
import type { SliceStore } from './slice-store.ts';

/** A `fetch` that signs what it sends, such as that of an `AwsClient` of the package `aws4fetch`. */
export type SignedFetch = (
  url: string,
  init: {
    readonly method: string;
    readonly headers?: Record<string, string>;
    readonly body?: Uint8Array<ArrayBuffer>;
  },
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  arrayBuffer(): Promise<ArrayBuffer>;
  text(): Promise<string>;
}>;

/** Options of {@link s3Store}. */
export interface S3StoreOptions {
  /** Address of the bucket, such as `https://s3.eu-central-1.amazonaws.com/my-bucket`. */
  readonly bucket: string;
  /** Folder in the bucket, without slashes around it. Default: none. */
  readonly folder?: string;
  readonly fetch: SignedFetch;
}

/**
 * A store on S3, or on what speaks its protocol with conditional writes (`If-Match` and `If-None-Match` of PUT: S3, R2, MinIO).
 * A store that ignores these headers would let two workers write over each other.
 *
 * @example
 * const aws = new AwsClient({ accessKeyId, secretAccessKey, service: 's3' });
 * const store = s3Store({ bucket: 'https://s3.eu-central-1.amazonaws.com/runs', fetch: (url, init) => aws.fetch(url, init) });
 */
export function s3Store({ bucket, folder = '', fetch }: S3StoreOptions): SliceStore {
  const root = bucket.replace(/\/+$/, '');
  const prefix = folder === '' ? '' : `${folder}/`;
  const request = async (
    accepted: readonly number[],
    path: string,
    init: Parameters<SignedFetch>[1],
  ): ReturnType<SignedFetch> => {
    const response = await fetch(`${root}${path}`, init);
    if (accepted.includes(response.status)) return response;
    const code = /<Code>(.*?)<\/Code>/.exec(await response.text())?.[1] ?? 'no reason';
    throw new StoreError(
      `s3Store: ${init.method} ${path} was answered ${response.status} (${code}). See to the bucket and its permissions`,
    );
  };
  const pathOf = (key: string): string => `/${prefix}${key}`;
  const read = async (key: string): Promise<{ value: Uint8Array; tag: string } | null> => {
    const response = await request([200, 404], pathOf(key), { method: 'GET' });
    const value = new Uint8Array(await response.arrayBuffer());
    return response.status === 404 ? null : { value, tag: response.headers.get('etag') ?? '' };
  };
  return {
    name: 's3',
    get: async (key) => (await read(key))?.value ?? null,
    set: async (key, value) => {
      await request([200], pathOf(key), { method: 'PUT', body: new Uint8Array(value) });
    },
    remove: async (key) => {
      await request([200, 204, 404], pathOf(key), { method: 'DELETE' });
    },
    keys: async (inner) => {
      const start = `${prefix}${inner}/`;
      const found: string[] = [];
      for (let token: string | undefined = ''; token !== undefined;) {
        const query = new Map([
          ['list-type', '2'],
          ['delimiter', '/'],
          ['prefix', start],
        ]);
        if (token) query.set('continuation-token', token);
        const text = [...query].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
        const list = await (await request([200], `?${text}`, { method: 'GET' })).text();
        for (const [, key] of list.matchAll(/<Contents>[^]*?<Key>(.*?)<\/Key>[^]*?<\/Contents>/g))
          found.push(key!.slice(prefix.length));
        token = /<NextContinuationToken>(.*?)<\/NextContinuationToken>/.exec(list)?.[1]?.replaceAll('&amp;', '&');
      }
      return found;
    },
    compareAndSet: async (key, expected, next) => {
      const present = await read(key);
      if (!sameBytes(present?.value ?? null, expected)) return false;
      const headers: Record<string, string> = present ? { 'if-match': present.tag } : { 'if-none-match': '*' };
      // 409: another conditional write of the key was under way; 404: the key was removed in between.
      const { status } = await request([200, 404, 409, 412], pathOf(key), {
        method: 'PUT',
        headers,
        body: new Uint8Array(next),
      });
      return status === 200;
    },
  };
}
