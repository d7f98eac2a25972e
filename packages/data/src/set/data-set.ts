import type { Dataset } from '@selfcure/core';

/** A data set that knows which of its samples belong together and must not straddle a split. */
export interface GroupedDataset extends Dataset {
  /**
   * First sample of the group of every sample, its own id where it stands alone: byte-identical images, or whatever the
   * caller declares (frames of one film, pictures of one person). Length N.
   */
  readonly groups?: Int32Array;
}

/** Groups of a data set, where it carries them. */
export function knownGroups(data: Dataset): Int32Array | undefined {
  return (data as GroupedDataset).groups;
}

/** The parts of a {@link Dataset} with the fingerprint as a function, computed once and only when it is asked for. */
export interface DatasetParts extends Omit<
  GroupedDataset,
  'fingerprint' | 'truth' | 'verified' | 'soft' | 'ambiguity' | 'groups'
> {
  readonly truth?: Int32Array | undefined;
  readonly verified?: Int32Array | undefined;
  readonly soft?: Float32Array | undefined;
  readonly ambiguity?: Float32Array | undefined;
  readonly groups?: Int32Array | undefined;
  readonly fingerprint: () => string;
}

/** Assembles a data set; absent columns stay absent. */
export function createDataset({
  truth,
  verified,
  soft,
  ambiguity,
  groups,
  fingerprint,
  ...parts
}: DatasetParts): GroupedDataset {
  let known: string | undefined;
  return {
    ...parts,
    ...(truth && { truth }),
    ...(verified && { verified }),
    ...(soft && { soft }),
    ...(ambiguity && { ambiguity }),
    ...(groups && { groups }),
    get fingerprint(): string {
      known ??= fingerprint();
      return known;
    },
  };
}
