import type * as Bullmq from 'bullmq';
import type * as Ioredis from 'ioredis';
import { QueueError } from '../errors.ts';
import { missingPackage } from '../missing-package.ts';

/**
 * The package of the queue.
 *
 * @throws QueueError naming the package where it is not installed.
 */
export const loadBullmq = (): Promise<typeof Bullmq> => installed(() => import('bullmq'));

/**
 * The client of Redis.
 *
 * @throws QueueError naming the package where it is not installed.
 */
export const loadIoredis = (): Promise<typeof Ioredis> => installed(() => import('ioredis'));

async function installed<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const missing = missingPackage(error);
    if (missing === null) throw error;
    throw new QueueError(
      `a queue needs packages that are not installed: ${missing} was not found. Run: npm install bullmq ioredis`,
      {
        cause: error,
        missing,
      },
    );
  }
}
