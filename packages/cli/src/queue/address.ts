import { UsageError } from '../errors.ts';

/** Where a queue is. */
export interface QueueAddress {
  /** Of Redis, with its credentials and the number of the database. */
  readonly url: string;
  /** Begins the name of every key. */
  readonly prefix: string;
}

/** Variable that `--queue env` reads, so that a password stands in no list of processes. */
export const queueVariable = 'SELFCURE_QUEUE';

const standardPrefix = 'selfcure';
const form = 'redis://[user:password@]host[:port][/database][/prefix], or rediss:// with TLS';

/**
 * The queue that `--queue` names; null where it names none.
 *
 * @throws UsageError where it is no address; the message repeats nothing that may hold a password.
 */
export function readQueueAddress(
  given: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): QueueAddress | null {
  if (given === undefined) return null;
  const text = given === 'env' ? environment[queueVariable] : String(given);
  if (text === undefined) throw new UsageError(`--queue: env needs the variable ${queueVariable}, and it is not set`);
  const from = given === 'env' ? queueVariable : '--queue';
  if (!URL.canParse(text)) throw new UsageError(`${from} is no address. Give ${form}`);
  const url = new URL(text);
  if (!['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '')
    throw new UsageError(`${from} names no Redis. Give ${form}`);
  const path = url.pathname.split('/').filter(Boolean);
  // A number is the database, as everywhere with Redis.
  const database = /^\d+$/.test(path[0] ?? '') ? path.shift()! : '';
  const [prefix = standardPrefix, ...more] = path;
  if (more.length > 0 || !/^[\w.-]+$/.test(prefix))
    throw new UsageError(`${from}: the prefix is no name of letters, digits, '.', '_' and '-'. Give ${form}`);
  url.pathname = `/${database}`;
  return { url: url.href, prefix };
}

/** An address as it may be shown: without credentials. */
export function shownAddress({ url, prefix }: QueueAddress): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}/${prefix}`;
}
