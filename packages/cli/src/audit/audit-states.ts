import type { EvidenceStates } from '@selfcure/audit';
import { decodeTrainState, encodeTrainState } from '@selfcure/core';
import { fingerprint } from '@selfcure/data';
import type { FileStore } from '../run-folder/file-store.ts';
import { comparable } from '../train/settings.ts';
import { packageVersion } from '../version.ts';
import type { AuditSettings } from './audit-manifest.ts';

/** States of the trainings of an audit under way. */
export interface AuditStates extends EvidenceStates {
  /** Forgets them, when the audit is written. */
  clear(): Promise<void>;
}

/** Keeps the states in the folder of the audit. An audit that trains otherwise, on other data, or with another version has others. */
export function auditStates(store: FileStore, settings: AuditSettings, data: string): AuditStates {
  // The rate of the list decides nothing of the training.
  const { fdr: _, ...training } = comparable({ ...settings, workers: null });
  const key = fingerprint({ kind: 'audit', facts: { ...training, data, version: packageVersion() } })
    .replace('sha256:', '')
    .slice(0, 16);
  const nameOf = (fold: number | null): string => `state-${key}${fold === null ? '' : `-fold-${fold + 1}`}.safetensors`;
  const names =
    settings.folds === null ? [nameOf(null)] : Array.from({ length: settings.folds }, (_one, k) => nameOf(k));
  return {
    read: async (fold) => {
      const bytes = await store.get(nameOf(fold));
      return bytes && decodeTrainState(bytes);
    },
    write: (fold, state) => store.set(nameOf(fold), encodeTrainState(state)),
    clear: async () => void (await Promise.all(names.map((name) => store.remove(name)))),
  };
}
