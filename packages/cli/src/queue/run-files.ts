import { redisStore } from '@selfcure/slices';
import type { FileStore } from '../run-folder/file-store.ts';
import { connectRedis } from './connect.ts';
import { keptFor } from './names.ts';
import type { RunQueue } from './names.ts';

/** Attempts of a command while Redis does not answer: a minute and a half. Then the run fails, and is tried again from its last state. */
const patience = 20;

/** Files of runs under way on Redis, which every worker of the queue reaches; a file that nobody writes for a week goes by itself. */
export interface RunFiles extends Pick<FileStore, 'get' | 'set' | 'remove' | 'sweep'> {
  close(): void;
}

/**
 * Opens the files of a queue. Each is written whole or not at all. Of two workers on one run, which a queue that delivers twice makes, either writes
 * states of the same course: the older one costs epochs, and no bit.
 *
 * @throws QueueError where Redis does not answer.
 */
export async function openRunFiles({ address, name }: RunQueue): Promise<RunFiles> {
  const redis = await connectRedis(address, { patience });
  const prefix = `${address.prefix}:files:${name}:`;
  const store = redisStore(redis, { prefix });
  // A hash a file: Redis forgets hashes, and no fields.
  const keyOf = (file: string): string => `${file}/content`;
  return {
    get: (file) => store.get(keyOf(file)),
    set: async (file, content) => {
      await store.set(keyOf(file), typeof content === 'string' ? new TextEncoder().encode(content) : content);
      await redis.pexpire(`${prefix}${file}`, keptFor);
    },
    remove: (file) => store.remove(keyOf(file)),
    // Nothing is left half written.
    sweep: async () => {},
    close: () => redis.disconnect(),
  };
}
