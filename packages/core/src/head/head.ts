import type { Ops, Tensor } from '@selfcure/tensor';

/** A small network on the feature vector, beside the classifier. */
export interface Head {
  /** Name of its value among the extras of the network's outputs, and of its layer. */
  readonly name: string;
  /**
   * @param features [N, D]
   * @returns one value a sample, [N]
   */
  apply(ops: Ops, features: Tensor): Tensor;
}
