import type { StringArgDef } from 'citty';
import { UsageError } from '../errors.ts';
import { queueVariable } from './address.ts';

/** `--queue`. */
export const queueArgument = (purpose: string): StringArgDef => ({
  type: 'string',
  valueHint: 'redis://HOST:PORT/PREFIX',
  description: `${purpose}; 'env' takes the address from ${queueVariable}; needs the packages bullmq and ioredis`,
});

/**
 * Refuses options of whoever hands runs to a queue that are the workers'.
 *
 * @throws UsageError naming the option.
 */
export function refuseWorkerOptions(args: Readonly<Record<string, unknown>>): void {
  const option = ['jobs', 'threads', 'device'].find((name) => args[name] !== undefined);
  if (option === undefined) return;
  const theirs = option === 'jobs' ? 'concurrency' : option;
  throw new UsageError(`--${option}: the workers of --queue decide it. Give them --${theirs}`);
}
