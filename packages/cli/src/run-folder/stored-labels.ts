import { decodeTrainState } from '@selfcure/core';
import type { TrainState } from '@selfcure/core';
import { RunFolderError } from '../errors.ts';
import type { FileStore } from './file-store.ts';
import { readSampleFacts } from './labels-table.ts';
import type { SampleFacts } from './labels-table.ts';
import { requireManifest } from './manifest.ts';
import type { RunManifest } from './manifest.ts';
import { runFiles } from './names.ts';

/** The labels of a stored run. */
export interface StoredLabels {
  readonly manifest: RunManifest;
  readonly state: TrainState;
  readonly samples: SampleFacts;
}

/**
 * Reads the labels of a run folder.
 *
 * @throws RunFolderError where the folder holds no run, or one that has not finished an epoch.
 */
export async function readStoredLabels(store: FileStore): Promise<StoredLabels> {
  const manifest = await requireManifest(store);
  const bytes = await store.get(runFiles.state);
  if (!bytes)
    throw new RunFolderError(
      `${store.folder} has no ${runFiles.state}: the run has not finished an epoch. Run its 'selfcure train' command again`,
    );
  const state = decodeTrainState(bytes);
  return {
    manifest,
    state,
    samples: await readSampleFacts(
      store,
      manifest.data.train.classes,
      state.ledger.given.length,
      manifest.engine.capabilities.workers,
    ),
  };
}
