import type { Json, Ops, Tensor } from '@selfcure/tensor';

/** How a model is traced. */
export interface ModelMode {
  /** true: batch normalization takes the statistics of the batch and records the running ones; false: it takes the running ones. */
  readonly training: boolean;
}

/**
 * A backbone: a plain function from images to one feature vector a sample. Its parameters are declared where they are
 * used (`ops.parameter(name, shape, init)`), so that shape, name and first value stand in one place.
 */
export interface Model {
  /** Name that a registry knows it by: `'resnet18'`. */
  readonly name: string;
  /** Options that {@link Model.name}'s factory would make the same model from. */
  readonly options: Json;
  /** Height, width and channels of the images that it takes. */
  readonly inputShape: readonly [height: number, width: number, channels: number];
  /** Number of classes C of the classifier on top. */
  readonly classes: number;
  /**
   * Traces the backbone.
   *
   * @param images [N, height, width, channels], normalized.
   * @returns features [N, D].
   */
  apply(ops: Ops, images: Tensor, mode: ModelMode): Tensor;
}
