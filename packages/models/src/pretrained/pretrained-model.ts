import type { Model, Normalization } from '@selfcure/core';

/** A backbone with its weights: what `train` needs of it, under the names that `train` gives them. */
export interface PretrainedModel {
  readonly model: Model;
  readonly initialWeights: Readonly<Record<string, Float32Array>>;
  /** What the weights expect of pixels. */
  readonly normalization: Normalization;
  /** Changes when weights or options change; the key of cached features. */
  readonly version: string;
}
