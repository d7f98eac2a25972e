import { createRequire } from 'node:module';
import type { Located } from './location.ts';

/**
 * Ends every collective of this process, also the one that a worker is blocked in, with an error that carries the message.
 * For threads that do not compute: it opens no TensorFlow of its own.
 *
 * @returns how many TensorFlow contexts were told; 0 on a stock binding, which has no collectives.
 */
export function abortCollectives(located: Located, message: string): number {
  const addon = createRequire(import.meta.url)(located.binding) as { abortCollectives?: (message: string) => number };
  return addon.abortCollectives?.(message) ?? 0;
}
