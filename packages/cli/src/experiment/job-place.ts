import { join } from 'node:path';
import { openRunFiles } from '../queue/run-files.ts';
import type { RunQueue } from '../queue/names.ts';
import { jobStore, jobStoreOn } from './job-store.ts';
import type { JobStore } from './job-store.ts';

/** Where the state of a job is kept: in the folder of its experiment, or beside the queue that it came from. Plain data. */
export type JobPlace = { readonly out: string } | { readonly queue: RunQueue };

/** What a job keeps, opened. */
export interface OpenPlace {
  readonly store: JobStore;
  /** File in which the table of FER2013 is kept for the runs that follow; null where no folder belongs to the runs. */
  readonly ferCache: string | null;
  close(): void;
}

/**
 * Opens what a job keeps.
 *
 * @throws QueueError where a queue's Redis does not answer.
 */
export async function openJobStore(place: JobPlace, backend: string): Promise<OpenPlace> {
  if ('out' in place)
    return {
      store: jobStore(place.out, backend),
      ferCache: join(place.out, 'runs', 'fer2013.safetensors'),
      close: () => {},
    };
  const files = await openRunFiles(place.queue);
  return { store: jobStoreOn(files), ferCache: null, close: files.close };
}
