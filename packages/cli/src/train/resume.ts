import { decodeTrainState } from '@selfcure/core';
import type { TrainState } from '@selfcure/core';
import type { RunData } from '../data/run-data.ts';
import { RunFolderError, UsageError } from '../errors.ts';
import type { FileStore } from '../run-folder/file-store.ts';
import { readManifest } from '../run-folder/manifest.ts';
import type { RunManifest } from '../run-folder/manifest.ts';
import { runFiles } from '../run-folder/names.ts';
import { differences } from './settings.ts';
import type { TrainSettings } from './settings.ts';

/** A run that a folder holds already. */
export interface StoredRun {
  readonly manifest: RunManifest;
  /** Null where the run was ended before its first epoch was. */
  readonly state: TrainState | null;
  /** The epoch before; only workers keep it. */
  readonly previous: TrainState | null;
}

/**
 * The run that a command goes on with; null where the folder holds none.
 *
 * @throws UsageError where the folder holds a run with other options.
 */
export async function findStoredRun(store: FileStore, settings: TrainSettings): Promise<StoredRun | null> {
  const manifest = await readManifest(store);
  if (!manifest) return null;
  const changed = differences(manifest.options, settings);
  if (changed.length > 0) {
    throw new UsageError(
      `${store.folder} holds a run with other options: ${changed.join(', ')}. Use the same options, another --out, or --force to start anew`,
    );
  }
  const read = async (name: string): Promise<TrainState | null> => {
    const bytes = await store.get(name);
    return bytes && decodeTrainState(bytes);
  };
  return { manifest, state: await read(runFiles.state), previous: await read(runFiles.previousState) };
}

/**
 * Refuses to go on with a run whose data have changed.
 *
 * @throws RunFolderError naming what differs.
 */
export function checkSameData({ data: stored }: RunManifest, data: RunData): void {
  for (const part of ['train', 'validation'] as const) {
    if ((stored[part]?.fingerprint ?? null) === (data[part]?.fingerprint ?? null)) continue;
    throw new RunFolderError(
      `the ${part === 'train' ? 'training' : 'validation'} data have changed since the run began: other images or labels. Restore them, or use --force to start anew`,
    );
  }
}

/** Removes the files of an earlier run. */
export async function discardRun(store: FileStore): Promise<void> {
  // The manifest first: without it the folder holds no run.
  for (const name of Object.values(runFiles)) await store.remove(name);
}
