import type { TransitionEstimate } from '@selfcure/audit';
import type { GateReading, Normalization, RelabelQuality, RunEnd, RunWarning } from '@selfcure/core';
import type { Capabilities, Json } from '@selfcure/tensor';
import { RunFolderError } from '../errors.ts';
import type { TrainSettings } from '../train/settings.ts';
import type { FileStore } from './file-store.ts';
import { runFiles } from './names.ts';

const FORMAT = 'selfcure-run-1';

/** A data set in a manifest. */
export interface DataFacts {
  readonly name: string;
  readonly size: number;
  readonly classes: readonly string[];
  readonly shape: readonly number[];
  readonly fingerprint: string;
}

/** Figures of a test; shares are in [0, 1]. */
export interface TestFigures {
  readonly data: string;
  readonly size: number;
  readonly accuracy: number;
  readonly balancedAccuracy: number;
  readonly macroF1: number;
  readonly calibrationError: number;
  readonly negativeLogLikelihood: number;
  /** Rows true, columns predicted. */
  readonly confusion: readonly (readonly number[])[];
}

/** What verified labels gave a run. */
export interface TrustedFacts {
  /** Verified labels of a random choice, and of other choices. */
  readonly random: number;
  readonly chosen: number;
  /** Whether the random ones measure: they pass through the network and teach it nothing. */
  readonly measure: boolean;
  /** Which classes are taken for which; null where no random label is verified. */
  readonly transition: TransitionEstimate | null;
  /** How right the relabel strategy was on them, epoch by epoch, and whether it could go on. */
  readonly gate: readonly GateReading[];
  /** The test after corrections of the predictions; null before the run is done, and where nothing measures. */
  readonly recalibrated: Readonly<Record<'offsets' | 'matrix', TestFigures>> | null;
}

/** `run.json`: what a run was made of and where it stands. */
export interface RunManifest {
  readonly format: typeof FORMAT;
  readonly title: string;
  readonly status: 'running' | RunEnd;
  readonly versions: { readonly selfcure: string; readonly node: string };
  /** Resolved options of the command line. */
  readonly options: TrainSettings;
  readonly parts: {
    readonly model: { readonly name: string; readonly options: Json; readonly parameters: number };
    readonly method: { readonly name: string; readonly options: Json; readonly relabel: Json };
    readonly optimizer: { readonly name: string; readonly options: Json };
    readonly augmentation: string | null;
    readonly normalization: Normalization;
  };
  /** Margin delta_1 that the rank regularization takes at this batch size; null where the method has none. */
  readonly rankMargin: number | null;
  readonly seeds: { readonly run: number; readonly data: number; readonly noise: number };
  readonly data: {
    readonly train: DataFacts;
    readonly validation: DataFacts | null;
    readonly test: DataFacts | null;
    /** Share of training labels known to be wrong among those whose truth is known; null where none is. */
    readonly givenNoise: number | null;
    readonly relabelledByFile: number | null;
    readonly source: Readonly<Record<string, unknown>>;
  };
  readonly engine: {
    readonly name: string;
    readonly capabilities: Capabilities;
    /** Of the training step; null before it is compiled. */
    readonly program: {
      readonly steps: number;
      readonly stored: number;
      readonly flops: number;
      readonly arenaBytes: number;
      readonly stateBytes: number;
    } | null;
  };
  readonly progress: {
    readonly epoch: number;
    readonly step: number;
    readonly epochs: number;
    readonly stepsPerEpoch: number;
  };
  readonly warnings: readonly RunWarning[];
  readonly test: TestFigures | null;
  /** Of labels that no person has verified. */
  readonly relabelling: RelabelQuality | null;
  /** What verified labels were used for; null without any. */
  readonly trusted: TrustedFacts | null;
}

/** A manifest with its format. */
export function manifestOf(facts: Omit<RunManifest, 'format'>): RunManifest {
  return { format: FORMAT, ...facts };
}

/** Writes `run.json`. */
export async function writeManifest(store: FileStore, manifest: RunManifest): Promise<void> {
  await store.set(runFiles.manifest, `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * Reads `run.json`; null where the folder holds none.
 *
 * @throws RunFolderError where it is no manifest of this version.
 */
export async function readManifest(store: FileStore): Promise<RunManifest | null> {
  const bytes = await store.get(runFiles.manifest);
  if (!bytes) return null;
  const found = parse(new TextDecoder().decode(bytes));
  if (found?.format !== FORMAT) {
    throw new RunFolderError(
      `${store.folder}: ${runFiles.manifest} is no manifest of this version (${FORMAT}). Use the version that wrote it, or another folder`,
    );
  }
  return found;
}

/**
 * Reads the manifest of a folder that must hold a run.
 *
 * @throws RunFolderError where it holds none.
 */
export async function requireManifest(store: FileStore): Promise<RunManifest> {
  const manifest = await readManifest(store);
  if (manifest) return manifest;
  throw new RunFolderError(
    `${store.folder} holds no run: there is no ${runFiles.manifest}. Name a folder that 'selfcure train' made`,
  );
}

function parse(text: string): RunManifest | null {
  try {
    return JSON.parse(text) as RunManifest;
  } catch {
    return null;
  }
}
