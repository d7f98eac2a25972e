import { encodeTrainState, relabelQuality } from '@selfcure/core';
import type { LedgerData } from '@selfcure/core';
import type { FileStore } from './file-store.ts';
import { writeLabelTables } from './labels-table.ts';
import { writeManifest } from './manifest.ts';
import { runFiles } from './names.ts';
import type { StoredLabels } from './stored-labels.ts';

/** Writes another ledger of a stored run: the state, the tables that follow from it, and the figures of the manifest where truth is known. */
export async function writeLedger(
  store: FileStore,
  { manifest, state, samples }: StoredLabels,
  ledger: LedgerData,
): Promise<void> {
  const changed = { ...state, ledger };
  await store.set(runFiles.state, encodeTrainState(changed));
  await writeLabelTables(store, changed, samples);
  if (!manifest.relabelling || !samples.truth) return;
  await writeManifest(store, { ...manifest, relabelling: relabelQuality({ ...ledger, truth: samples.truth }) });
}
