import type { Dataset } from '@selfcure/core';

import type { GroupedDataset } from '../set/data-set.ts';
import { createDataset, knownGroups } from '../set/data-set.ts';
import { fingerprint } from '../set/fingerprint.ts';

/** Kind of label noise. */
export type NoiseKind = 'symmetric' | 'pair' | 'class-conditional' | 'feature-dependent';

/** How many labels to change: exactly the expected number, or each by a draw of its own. */
export type NoiseMode = 'exact' | 'bernoulli';

/** What a noise injector did. */
export interface Noise {
  /** 1 where this injector changed the label, 0 elsewhere. Length N. */
  readonly mask: Uint8Array;
  /** Realised rate: changed labels / N. */
  readonly rate: number;
  readonly kind: NoiseKind;
  readonly seed: number;
}

/** A data set whose labels were corrupted on purpose; `truth` holds the labels that were true before. */
export type NoisyDataset = GroupedDataset & { readonly truth: Int32Array; readonly noise: Noise };

/**
 * A data set with other labels. The given one is untouched; its truth stays the truth, or else its labels become it.
 * Soft labels are left out, since they would give the truth away.
 */
export function withNoise(data: Dataset, labels: Int32Array, kind: NoiseKind, seed: number): NoisyDataset {
  const mask = Uint8Array.from(labels, (label, i) => (label === data.labels[i] ? 0 : 1));
  const noise: Noise = { mask, rate: mask.reduce((sum, changed) => sum + changed, 0) / data.size, kind, seed };
  const noisy = createDataset({
    name: `${data.name}+${kind}`,
    size: data.size,
    classes: data.classes,
    shape: data.shape,
    labels,
    truth: data.truth?.slice() ?? data.labels.slice(),
    verified: data.verified,
    ambiguity: data.ambiguity,
    groups: knownGroups(data),
    fingerprint: () => fingerprint({ kind: 'labels', facts: { of: data.fingerprint }, numbers: [labels] }),
    read: (ids) => data.read(ids),
  });
  return Object.assign(noisy, { noise }) as NoisyDataset;
}
