import type { Model } from '@selfcure/core';
import { checkWhole } from '../check.ts';
import { batchNorm } from '../layer/batch-norm.ts';

/** Options of {@link featureModel}. */
export interface FeatureModelOptions {
  /** Values of one vector. */
  readonly length: number;
  /** Number of classes of the classifier on top. Default 7. */
  readonly classes?: number;
}

/**
 * No layers but a batch normalization, for vectors that a frozen backbone made ({@link featureDataset}): the classifier and
 * the heads of a recipe on top of it are linear in the features.
 *
 * @throws OptionError where an option is out of range.
 * @example featureModel({ length: 2048, classes: 7 })
 */
export function featureModel({ length, classes = 7 }: FeatureModelOptions): Model {
  checkWhole('featureModel', 'length', length, 1);
  checkWhole('featureModel', 'classes', classes, 2);
  return {
    name: 'features',
    options: { length, classes },
    inputShape: [1, 1, length],
    classes,
    apply: (ops, vectors, mode) =>
      ops.scope('bn', () => batchNorm(ops, ops.reshape(vectors, [vectors.shape[0]!, length]), mode)),
  };
}
