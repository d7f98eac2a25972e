import type { Augmentation, Dataset } from '../data/dataset.ts';
import { normalize } from '../data/normalization.ts';
import type { Normalization } from '../data/normalization.ts';
import type { LabelLedger } from '../ledger/label-ledger.ts';
import type { EpochPlan } from '../method.ts';

/** Pixels of some samples. */
export interface Batch {
  readonly ids: Int32Array;
  /** One image after another. */
  readonly pixels: Uint8Array;
}

/** Changes images for an epoch. */
export interface Augmenting {
  readonly augmentation: Augmentation;
  readonly seed: number;
  readonly epoch: number;
}

/** Pixels of some samples as they are stored. */
export async function readBatch(data: Pick<Dataset, 'read'>, ids: Int32Array): Promise<Batch> {
  return { ids, pixels: await data.read(ids) };
}

/** Pixels as the network takes them: augmented where that is asked for, and normalized. */
export function imagesOf(
  { ids, pixels }: Batch,
  shape: Dataset['shape'],
  normalization: Normalization,
  augment?: Augmenting,
): Float32Array {
  if (!augment) return normalize(pixels, normalization);
  const imageSize = pixels.length / ids.length;
  const changed = new Uint8Array(pixels.length);
  ids.forEach((sample, i) => {
    const image = pixels.subarray(i * imageSize, (i + 1) * imageSize);
    changed.set(
      augment.augmentation.apply(image, shape, { seed: augment.seed, epoch: augment.epoch, sample }),
      i * imageSize,
    );
  });
  return normalize(changed, normalization);
}

/** Targets of some samples: rows of the plan where it has any, else one-hot rows of the current labels. */
export function targetRows(ids: Int32Array, ledger: LabelLedger, plan: EpochPlan): Float32Array {
  const { classes } = ledger;
  const rows = new Float32Array(ids.length * classes);
  ids.forEach((id, row) => {
    if (plan.targets && !ledger.verified[id])
      rows.set(plan.targets.subarray(id * classes, (id + 1) * classes), row * classes);
    else rows[row * classes + ledger.current[id]!] = 1;
  });
  return rows;
}

/** Weights of some samples in the loss: those of the plan, 0 for dropped ones. */
export function sampleWeights(ids: Int32Array, ledger: LabelLedger, plan: EpochPlan): Float32Array {
  return Float32Array.from(ids, (id) => (ledger.dropped[id] ? 0 : (plan.weight?.[id] ?? 1)));
}
