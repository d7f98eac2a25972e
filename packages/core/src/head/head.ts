import type { Ops, Tensor } from '@selfcure/tensor';
import type { Method } from '../method.ts';

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

/**
 * Whether a method has a head of this name.
 *
 * @example hasHead(scn(), 'importance') // true
 */
export function hasHead({ needs }: Method, name: string): boolean {
  return needs.heads?.some((head) => head.name === name) ?? false;
}
