import type { Augmentation, Dataset } from '@selfcure/core';
import {
  classConditionalNoise,
  classProportionalSubset,
  compose,
  facesDataset,
  featureDependentNoise,
  ferDatasetOf,
  ferLikeMatrix,
  horizontalFlip,
  pairNoise,
  randomShift,
  subset,
  symmetricNoise,
} from '@selfcure/data';
import type { FerTable } from '@selfcure/data';
import { chooseRandom } from '@selfcure/audit';
import type { FerData, NoiseSpec, RunSpec } from '../spec/run-spec.ts';

/** The data sets of a run. */
export interface RunSets {
  /** With wrong labels where the spec wants them, truth beside them, and verified labels. */
  readonly train: Dataset & { readonly truth: Int32Array };
  /** Right labels. */
  readonly validation: Dataset;
  readonly test: Dataset;
}

/** Reads FER2013 and FER+ from a folder. */
export type ReadFer = (folder: string) => Promise<FerTable>;

/** Makes the data sets of a spec. */
export async function loadSets(spec: RunSpec, readFer: ReadFer): Promise<RunSets> {
  const { train: clean, validation, test } = await cleanSets(spec, readFer);
  const noisy = spec.noise ? withNoise(clean, spec.noise, spec.seed) : withTruth(clean);
  return { train: withVerified(withOracle(noisy, spec.oracle), spec), validation, test };
}

async function cleanSets({ data, seed }: RunSpec, readFer: ReadFer): Promise<Record<keyof RunSets, Dataset>> {
  if (data.kind === 'faces') {
    // Three sets without a common face: seeds far apart.
    const faces = (samples: number, part: number): Dataset =>
      facesDataset({ samples, size: data.size, seed: (data.seed + seed) * 3 + part });
    return { train: faces(data.samples, 0), validation: faces(data.testSamples, 1), test: faces(data.testSamples, 2) };
  }
  const table = await readFer(data.folder);
  const all = ferDatasetOf(table, {
    split: 'train',
    labels: data.labels,
    truth: 'majority',
    requireTruth: true,
    repeats: 'first',
  });
  const held = (split: 'valid' | 'test'): Dataset => ferDatasetOf(table, { split, labels: 'majority', twins: 'drop' });
  return {
    train: partOf(all, data),
    validation: held('valid'),
    test: held('test'),
  };
}

/** The images of a spec. They are chosen by their truth, so that runs on either labels have the same ones. */
function partOf(all: Dataset, { samples, part, seed }: FerData): Dataset {
  if (samples === null && part === 'chosen') return all;
  const { ids } = classProportionalSubset({ ...all, labels: all.truth! }, { samples: samples ?? all.size, seed });
  if (part === 'chosen') return subset(all, ids);
  const chosen = new Set(ids);
  return subset(
    all,
    [...all.labels.keys()].filter((i) => !chosen.has(i)),
  );
}

const withTruth = (data: Dataset): Dataset & { readonly truth: Int32Array } => ({
  ...data,
  truth: data.truth ?? data.labels,
});

function withNoise(data: Dataset, { kind, rate }: NoiseSpec, seed: number): Dataset & { readonly truth: Int32Array } {
  switch (kind) {
    case 'symmetric':
      return symmetricNoise(data, { rate, seed });
    case 'pair':
      return pairNoise(data, { rate, seed });
    case 'feature-dependent':
      return featureDependentNoise(data, { rate, seed });
    case 'fer-like':
      return classConditionalNoise(data, { matrix: scaledTo(ferLikeMatrix, data, rate), seed });
  }
}

/** A transition matrix whose off-diagonal entries are scaled so that a share `rate` of the labels becomes wrong, as far as rows allow. */
function scaledTo(matrix: readonly (readonly number[])[], { labels }: Dataset, rate: number): number[][] {
  const wrong = labels.reduce((sum, label) => sum + 1 - matrix[label]![label]!, 0) / labels.length;
  const factor = rate / wrong;
  return matrix.map((row, c) => {
    const off = Math.min(1, factor * (1 - row[c]!));
    const scale = off / (1 - row[c]!);
    return row.map((value, k) => (k === c ? 1 - off : scale * value));
  });
}

function withOracle(
  data: Dataset & { readonly truth: Int32Array },
  oracle: RunSpec['oracle'],
): Dataset & { readonly truth: Int32Array } {
  if (oracle === null) return data;
  if (oracle === 'mend') return { ...data, labels: data.truth, fingerprint: `${data.fingerprint}+mended` };
  return withTruth(
    subset(
      data,
      [...data.labels.keys()].filter((i) => data.labels[i] === data.truth[i]),
    ),
  );
}

function withVerified(
  data: Dataset & { readonly truth: Int32Array },
  { verified: count, seed }: RunSpec,
): Dataset & { readonly truth: Int32Array } {
  if (count === 0) return data;
  const verified = new Int32Array(data.size).fill(-1);
  for (const id of chooseRandom({ given: data.labels, classes: data.classes.length, count, seed }))
    verified[id] = data.truth[id]!;
  return { ...data, verified, fingerprint: `${data.fingerprint}+verified-${count}-${seed}` };
}

/** The augmentation of a spec; undefined where images stay as they are. */
export function augmentationOf({ augmentation: { shift, flip } }: RunSpec): Augmentation | undefined {
  const steps = [...(shift > 0 ? [randomShift({ pixels: shift })] : []), ...(flip ? [horizontalFlip()] : [])];
  return steps.length === 0 ? undefined : compose(...steps);
}
