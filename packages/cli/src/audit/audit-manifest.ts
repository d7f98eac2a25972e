import type { Audit } from '@selfcure/audit';
import type { Normalization } from '@selfcure/core';
import { RunFolderError } from '../errors.ts';
import type { FileStore } from '../run-folder/file-store.ts';
import type { DataFacts } from '../run-folder/manifest.ts';
import type { TrainSettings } from '../train/settings.ts';
import { auditFiles } from './names.ts';

const FORMAT = 'selfcure-audit-1';

/** Everything that decides what an audit finds. */
export interface AuditSettings extends Omit<TrainSettings, 'workers'> {
  /** Networks that each judge what they have not trained on; null for one that is judged while it trains. */
  readonly folds: number | null;
  /** False-discovery rate that the list keeps. */
  readonly fdr: number;
}

/** `audit.json`: what an audit was made of and what it found, but for the samples. Samples go by their numbers in DATA. */
export interface AuditManifest {
  readonly format: typeof FORMAT;
  readonly title: string;
  readonly versions: { readonly selfcure: string; readonly node: string };
  readonly options: AuditSettings;
  readonly data: { readonly train: DataFacts; readonly source: Readonly<Record<string, unknown>> };
  readonly normalization: Normalization;
  readonly engine: string;
  /** Verified labels that estimates rest on, and others. */
  readonly verified: { readonly random: number; readonly chosen: number };
  readonly noise: Audit['noise'];
  readonly transition: Audit['transition'];
  readonly temperature: number;
  readonly list: Audit['list'];
  readonly evidence: { readonly source: string; readonly fit: number | null };
  readonly conflicts: Audit['conflicts'];
  readonly leaks: Audit['leaks'];
  readonly warnings: Audit['warnings'];
  /** Against known truth; null where there is none. */
  readonly quality: Audit['quality'];
}

/** A manifest with its format. */
export function auditManifestOf(facts: Omit<AuditManifest, 'format'>): AuditManifest {
  return { format: FORMAT, ...facts };
}

/**
 * Reads `audit.json`.
 *
 * @throws RunFolderError where the folder holds no audit, or one of another version.
 */
export async function requireAuditManifest(store: FileStore): Promise<AuditManifest> {
  const bytes = await store.get(auditFiles.manifest);
  if (!bytes)
    throw new RunFolderError(
      `${store.folder} holds no audit: there is no ${auditFiles.manifest}. Name a folder that 'selfcure audit' made`,
    );
  const found = parse(new TextDecoder().decode(bytes));
  if (found?.format !== FORMAT)
    throw new RunFolderError(
      `${store.folder}: ${auditFiles.manifest} is no audit of this version (${FORMAT}). Use the version that wrote it, or run 'selfcure audit' again`,
    );
  return found;
}

function parse(text: string): AuditManifest | null {
  try {
    return JSON.parse(text) as AuditManifest;
  } catch {
    return null;
  }
}
