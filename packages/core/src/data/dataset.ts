import type { Json } from '@selfcure/tensor';

/**
 * A set of labelled images that a run reads and never writes. The labels here are the given ones; what a run makes of
 * them lives in its label ledger.
 */
export interface Dataset {
  /** Short name for reports and manifests. */
  readonly name: string;
  /** Number of samples N; sample ids are 0 to N - 1. */
  readonly size: number;
  /** Class names in label order; C of them. */
  readonly classes: readonly string[];
  /** Height, width and channels of every image. */
  readonly shape: readonly [height: number, width: number, channels: number];
  /** Given label of every sample, in [0, C). Length N. */
  readonly labels: Int32Array;
  /** True label of every sample where it is known (synthetic noise, a vote of many annotators), -1 elsewhere. Length N. */
  readonly truth?: Int32Array;
  /** Labels a person has verified, -1 elsewhere. Length N. A run trains on them and never edits them. */
  readonly verified?: Int32Array;
  /** Soft labels, such as shares of votes; rows sum to 1. Length N x C. */
  readonly soft?: Float32Array;
  /** How ambiguous a sample is, from 0 (plain) to 1 (unreadable), where the source knows. Length N. */
  readonly ambiguity?: Float32Array;
  /** Changes when any image or given label changes; written into manifests and checked on resume. */
  readonly fingerprint: string;
  /**
   * Pixels of some samples, one image after another, row-major, channels last, 0 to 255.
   *
   * Training asks for up to two batches before it computes the one before them, so reads overlap: what a read does in other
   * threads or waits for goes on meanwhile.
   *
   * @param ids sample ids; length n.
   * @returns n x height x width x channels bytes.
   */
  read(ids: ArrayLike<number>): Uint8Array | Promise<Uint8Array>;
}

/** Where a random choice about one image of one epoch takes its numbers from. */
export interface AugmentationKey {
  readonly seed: number;
  /** 1-based. */
  readonly epoch: number;
  readonly sample: number;
}

/**
 * Changes one image for one epoch. It returns a new image of the same shape (or the given one, untouched) and takes
 * every random choice from {@link randomStream} keyed by seed, epoch and sample.
 */
export interface Augmentation {
  readonly name: string;
  /** Options as plain data: part of what a resumed run must share. */
  readonly options?: Json;
  apply(image: Uint8Array, shape: Dataset['shape'], key: AugmentationKey): Uint8Array;
}
