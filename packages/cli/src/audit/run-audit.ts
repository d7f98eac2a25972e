import { deflateSync } from 'node:zlib';
import { auditDataset } from '@selfcure/audit';
import type { Audit, EvidenceEpoch } from '@selfcure/audit';
import { encodeSafetensors, measureNormalization } from '@selfcure/core';
import type { Dataset, Normalization } from '@selfcure/core';
import { renderAudit } from '@selfcure/report';
import type { Json } from '@selfcure/tensor';
import { loadData } from '../data/load-data.ts';
import type { RunData } from '../data/run-data.ts';
import { allTrusted, countTrusted } from '../data/trusted-file.ts';
import { openBackend } from '../engine/adapters.ts';
import { epochLine } from '../output/epoch-line.ts';
import { percent } from '../output/format.ts';
import { jsonLine, writeWarning } from '../output/progress.ts';
import { fileStore } from '../run-folder/file-store.ts';
import type { FileStore } from '../run-folder/file-store.ts';
import type { Shell } from '../shell.ts';
import { factsOf } from '../train/describe-run.ts';
import { buildParts } from '../train/parts.ts';
import { pretrainedRun } from '../train/pretrained-run.ts';
import { INTERRUPTED } from '../train/run-training.ts';
import { packageVersion } from '../version.ts';
import { auditManifestOf } from './audit-manifest.ts';
import type { AuditManifest, AuditSettings } from './audit-manifest.ts';
import { auditStates } from './audit-states.ts';
import { auditTables } from './audit-table.ts';
import { auditFiles } from './names.ts';
import { transitionOf } from './transition-of.ts';

/** How `selfcure audit` runs, beside what it computes. */
export interface AuditMode {
  /** Folder of the audit. */
  readonly out: string;
  /** Threads that compute; null for the engine's default. */
  readonly threads: number | null;
  /** Folder of cached features and pictures. */
  readonly cache: string;
  readonly json: boolean;
}

/**
 * Audits the training labels of DATA and writes the folder of the audit.
 *
 * @returns the exit code.
 */
export async function runAudit(settings: AuditSettings, mode: AuditMode, shell: Shell): Promise<number> {
  const note = (text: string): void => {
    if (!mode.json) shell.stderr.write(`${text}\n`);
  };
  const data = await loadData(settings, { cache: mode.cache, note });
  try {
    return await auditOn(data, { settings, mode, shell, note });
  } finally {
    await data.close?.();
  }
}

/** What an audit has before its data. */
interface Opened {
  readonly settings: AuditSettings;
  readonly mode: AuditMode;
  readonly shell: Shell;
  readonly note: (text: string) => void;
}

async function auditOn(data: RunData, { settings, mode, shell, note }: Opened): Promise<number> {
  const { train, test, validation, trusted } = data;
  const known = settings.recipe === 'forward' ? await transitionOf(settings, data) : null;
  const { model, method, optimizer, augmentation } = await buildParts(settings, train, known?.matrix ?? null);
  note(
    `Auditing ${train.size} labels of ${train.name}: ${settings.recipe} on ${settings.model}, ${settings.backend}${settings.folds === null ? '' : `, ${settings.folds} folds`} -> ${mode.out}`,
  );
  const engine = await openBackend(settings.backend, {
    ...(mode.threads !== null && { threads: mode.threads }),
    ...(settings.device && { device: settings.device }),
  });
  const store = fileStore(mode.out);
  const states = auditStates(store, settings, train.fingerprint);
  const { fineTune } = settings;
  let audit: Audit | null;
  let normalization: Normalization;
  try {
    const pretrained =
      fineTune === null
        ? null
        : await pretrainedRun({
            data: { ...data, validation: null },
            backend: engine,
            fineTune,
            cache: mode.cache,
            note,
          });
    normalization = pretrained?.normalization ?? (await measureNormalization(train));
    audit = await auditDataset({
      backend: engine,
      model: pretrained?.model ?? model,
      data: pretrained?.train ?? train,
      images: train,
      recipe: method,
      epochs: settings.epochs,
      batchSize: settings.batch,
      seed: settings.seed,
      optimizer,
      normalization,
      ...(pretrained && { initialWeights: pretrained.initialWeights }),
      rate: settings.fdr,
      states,
      heldOut: { ...(validation && { validation }), ...(test && { test }) },
      ...(augmentation && { augmentation }),
      ...(settings.folds !== null && { folds: settings.folds }),
      ...(trusted && { verified: trusted.random, alsoVerified: trusted.chosen }),
      ...(shell.signal && { signal: shell.signal }),
      onEpoch: (epoch) => tell(shell, mode, epoch),
    });
  } finally {
    await engine.close();
  }
  if (!audit) {
    shell.stderr.write('Interrupted; the same command goes on from there.\n');
    return INTERRUPTED;
  }
  const manifest = describe(settings, data, audit, normalization);
  await writeAudit(store, manifest, audit, data);
  await states.clear();
  if (mode.json) {
    const { noise, list, quality, warnings } = manifest;
    jsonLine(shell, { event: 'end', out: mode.out, noise, list, quality, warnings });
  } else {
    for (const { message } of audit.warnings) writeWarning(shell, message);
    shell.stdout.write(`${summary(audit).join('\n')}\nAudit: ${mode.out} (open ${auditFiles.page})\n`);
  }
  return 0;
}

function tell(shell: Shell, { json }: AuditMode, { fold, folds, epochs, log }: EvidenceEpoch): void {
  if (json) jsonLine(shell, { event: 'epoch', fold, ...log });
  else shell.stdout.write(`${fold === null ? '' : `fold ${fold + 1}/${folds}  `}${epochLine(log, epochs)}\n`);
}

function describe(
  settings: AuditSettings,
  { name, train, ids, facts, trusted }: RunData,
  { noise, transition, temperature, list, evidence, warnings, quality, ...audit }: Audit,
  normalization: AuditManifest['normalization'],
): AuditManifest {
  return auditManifestOf({
    title: `Audit of ${name}: ${settings.recipe}, seed ${settings.seed}`,
    versions: { selfcure: packageVersion(), node: process.versions.node },
    options: settings,
    data: { train: factsOf(train), source: facts },
    normalization,
    engine: settings.backend,
    verified: {
      random: trusted ? countTrusted(trusted.random) : 0,
      chosen: trusted ? countTrusted(trusted.chosen) : 0,
    },
    noise,
    transition,
    temperature,
    list,
    evidence: { source: evidence.source, fit: evidence.fit },
    conflicts: audit.conflicts.map((conflict) => ({ ...conflict, samples: conflict.samples.map((i) => ids[i]!) })),
    leaks: audit.leaks.map((leak) => ({ ...leak, sample: ids[leak.sample]! })),
    warnings,
    quality,
  });
}

/** Writes every file of an audit, the manifest last. */
async function writeAudit(store: FileStore, manifest: AuditManifest, audit: Audit, data: RunData): Promise<void> {
  const { train, ids, trusted } = data;
  const tables = auditTables({
    audit,
    ids,
    truth: train.truth ?? null,
    verified: trusted && allTrusted(trusted),
  });
  const shape = [train.size, audit.classes.length];
  const plain = JSON.parse(JSON.stringify(manifest)) as Json;
  // Without its manifest the folder holds no audit: one that is written over must not mix with the new files.
  await store.remove(auditFiles.manifest);
  await Promise.all([
    store.set(auditFiles.csv, tables.csv),
    store.set(auditFiles.jsonl, tables.jsonl),
    store.set(auditFiles.parquet, tables.parquet),
    store.set(
      auditFiles.arrays,
      encodeSafetensors(
        {
          probabilities: { data: audit.evidence.probabilities, shape },
          posterior: { data: Float32Array.from(audit.posterior), shape },
          samples: { data: ids, shape: [train.size] },
          given: { data: train.labels, shape: [train.size] },
        },
        { format: 'selfcure-audit-arrays-1', fingerprint: train.fingerprint },
      ),
    ),
    store.set(auditFiles.page, await pageOf(manifest, plain, audit, train, ids)),
  ]);
  await store.set(auditFiles.manifest, `${JSON.stringify(manifest, null, 2)}\n`);
}

function pageOf(
  { title }: AuditManifest,
  manifest: Json,
  audit: Audit,
  data: Dataset,
  ids: Int32Array,
): Promise<string> {
  const { options, versions, data: facts } = manifest as { options: Json; versions: Json; data: Json };
  return renderAudit({
    title,
    manifest: { options, versions, data: facts },
    data,
    audit,
    nameOf: (sample) => String(ids[sample]),
    deflate: (bytes) => deflateSync(bytes),
  });
}

/** What was found, in a few lines. */
function summary({ noise, list, quality, given }: Audit): string[] {
  const interval = ({ low, high }: { low: number; high: number }): string => `${percent(low)} to ${percent(high)}`;
  const { check } = list;
  const lines = [
    `About ${percent(noise.share)} of ${given.length} labels are wrong (95 %: ${interval(noise)}), by ${noise.basis}.`,
    `${list.count} labels are suspected at a false-discovery rate of ${percent(list.rate)}; ${list.basis}.`,
  ];
  if (check && check.of > 0)
    lines.push(
      `Of the verified labels that the list would hold, ${check.count} of ${check.of} are right: ${percent(check.count / check.of)} (95 %: ${interval(check)}).`,
    );
  if (quality) {
    const { falseDiscoveries, scores } = quality;
    const posterior = scores.posterior!;
    lines.push(
      `Where the truth is known: AUROC ${posterior.auroc!.toFixed(3)}, average precision ${posterior.averagePrecision!.toFixed(3)}; ` +
        `of the list ${falseDiscoveries.of === 0 ? 'nothing' : percent(falseDiscoveries.count / falseDiscoveries.of)} is right after all.`,
    );
  }
  return lines;
}
