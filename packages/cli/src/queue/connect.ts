import type { Redis } from 'ioredis';
import { QueueError } from '../errors.ts';
import { shownAddress } from './address.ts';
import type { QueueAddress } from './address.ts';
import { loadIoredis } from './packages.ts';

/** How a connection behaves. */
export interface ConnectOptions {
  /** Attempts after which a command fails while Redis does not answer; null waits for as long as it takes. */
  readonly patience: number | null;
  /** Told where the connection is lost, and where it is there again. */
  readonly onTrouble?: (message: string) => void;
}

const longestPause = 5000;

/**
 * Connects to Redis. The first connection has to come about; one that is lost later is sought again.
 *
 * @throws QueueError where nobody answers, or the package `ioredis` is missing.
 */
export async function connectRedis(address: QueueAddress, { patience, onTrouble }: ConnectOptions): Promise<Redis> {
  const { Redis: Client } = await loadIoredis();
  let connected = false;
  let lost = false;
  const redis = new Client(address.url, {
    lazyConnect: true,
    maxRetriesPerRequest: patience,
    retryStrategy: (attempt) => (connected ? Math.min(200 * attempt, longestPause) : null),
  });
  let problem: Error | null = null;
  redis.on('error', (error: Error) => (problem = error));
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    const cause = problem ?? (error as Error);
    throw new QueueError(`${shownAddress(address)} does not answer: ${reason(cause)}. Is Redis running there?`, {
      cause,
    });
  }
  connected = true;
  redis.on('close', () => {
    if (lost || redis.status === 'end') return;
    lost = true;
    onTrouble?.(`the connection to ${shownAddress(address)} is lost; it is tried again`);
  });
  redis.on('ready', () => {
    if (lost) onTrouble?.(`${shownAddress(address)} answers again`);
    lost = false;
  });
  return redis;
}

/** Of several addresses of one name, Node gives an error of errors without a message. */
const reason = ({
  message,
  errors,
  code,
}: Error & { readonly errors?: readonly Error[]; readonly code?: string }): string =>
  message || errors?.[0]?.message || code || 'no reason is given';

/**
 * Tells of errors of the queue, each kind once: not of the connection's, which tells of them itself, and not of locks that were lost, which a run that another
 * worker has taken over is known by.
 */
export function troubles(redis: Redis, tell: (message: string) => void): (error: Error) => void {
  const told = new Set<string>();
  return ({ message }) => {
    if (redis.status !== 'ready' || /\block\b|connection is closed|ECONN|EPIPE/i.test(message) || told.has(message))
      return;
    told.add(message);
    tell(`the queue says: ${message}`);
  };
}
