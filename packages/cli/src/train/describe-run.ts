import type { Dataset, Method, Normalization } from '@selfcure/core';
import type { Backend, Json, Program } from '@selfcure/tensor';
import { sizeOf } from '@selfcure/tensor';
import type { RunData } from '../data/run-data.ts';
import { manifestOf } from '../run-folder/manifest.ts';
import type { DataFacts, RunManifest, TrustedFacts } from '../run-folder/manifest.ts';
import { packageVersion } from '../version.ts';
import type { RunParts } from './parts.ts';
import { resolvedRankMargin } from './rank-margin.ts';
import type { TrainSettings } from './settings.ts';

/** What a manifest is made of before a run has taken a step. */
export interface RunDescription {
  readonly settings: TrainSettings;
  readonly data: RunData;
  readonly parts: RunParts;
  readonly normalization: Normalization;
  readonly backend: Backend;
  /** The compiled training step. */
  readonly program: Program;
  /** What verified labels gave the run so far; null without any. */
  readonly trusted: TrustedFacts | null;
}

/** The manifest of a run at its start. */
export function describeRun({
  settings,
  data,
  parts,
  normalization,
  backend,
  program,
  trusted,
}: RunDescription): RunManifest {
  const { model, method, optimizer, augmentation } = parts;
  const { steps, stored, flops, arenaBytes, stateBytes } = program.report;
  const parameters = program.graph.state
    .filter(({ kind }) => kind === 'parameter')
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return manifestOf({
    title: `${data.name}, ${settings.recipe}, seed ${settings.seed}`,
    status: 'running',
    versions: { selfcure: packageVersion(), node: process.versions.node },
    options: settings,
    parts: {
      model: { name: model.name, options: model.options, parameters },
      method: { name: method.name, options: method.options, relabel: relabelOf(method) },
      optimizer: { name: optimizer.name, options: optimizer.options },
      augmentation: augmentation?.name ?? null,
      normalization,
    },
    rankMargin: resolvedRankMargin(method, settings.batch),
    seeds: { run: settings.seed, data: settings.dataSeed, noise: settings.noiseSeed },
    data: {
      train: factsOf(data.train),
      validation: data.validation && factsOf(data.validation),
      test: data.test && factsOf(data.test),
      givenNoise: givenNoise(data.train),
      relabelledByFile: data.relabelledByFile,
      source: data.facts,
    },
    engine: {
      name: backend.name,
      capabilities: backend.capabilities,
      program: { steps, stored, flops, arenaBytes, stateBytes },
    },
    progress: {
      epoch: 1,
      step: 0,
      epochs: settings.epochs,
      stepsPerEpoch: Math.floor(data.train.size / settings.batch),
    },
    warnings: [],
    test: null,
    relabelling: null,
    trusted,
  });
}

/** A data set as a manifest names it. */
export function factsOf({ name, size, classes, shape, fingerprint }: Dataset): DataFacts {
  return { name, size, classes, shape, fingerprint };
}

function givenNoise({ labels, truth }: Dataset): number | null {
  if (!truth) return null;
  let known = 0;
  let wrong = 0;
  labels.forEach((label, sample) => {
    if (truth[sample]! < 0) return;
    known++;
    if (label !== truth[sample]) wrong++;
  });
  return known > 0 ? wrong / known : null;
}

/** The relabel strategy of a method as plain data; null where it has none. */
function relabelOf({ relabel }: Method): Json {
  return relabel ? { name: relabel.name, when: relabel.when, ...relabel.options } : null;
}
