import { openRunFiles } from '../queue/run-files.ts';
import type { RunQueue } from '../queue/names.ts';
import { jobStore, jobStoreOn } from './job-store.ts';
import type { JobStore } from './job-store.ts';

/** Where the state of a job is kept: in the folder of its experiment, or beside the queue that it came from. Plain data. */
export type JobPlace = { readonly out: string } | { readonly queue: RunQueue };

/**
 * Opens what a job keeps.
 *
 * @throws QueueError where a queue's Redis does not answer.
 */
export async function openJobStore(
  place: JobPlace,
  backend: string,
): Promise<{ readonly store: JobStore; close(): void }> {
  if ('out' in place) return { store: jobStore(place.out, backend), close: () => {} };
  const files = await openRunFiles(place.queue);
  return { store: jobStoreOn(files), close: files.close };
}
