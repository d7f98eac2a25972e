import type { Ops, Tensor } from '@selfcure/tensor';
import type { BatchTensors, NetOutputs } from '../method.ts';

/** A scalar term of the loss over a whole batch. */
export interface Regularizer {
  /** Name of the term in histories. */
  readonly name: string;
  /** Options as plain data, for the manifest; null where the batch decides. */
  readonly options?: { readonly [key: string]: string | number | boolean | null };
  /** Name of the head that it needs. */
  readonly needsHead?: string;
  /** @returns the term, a scalar. */
  term(ops: Ops, net: NetOutputs, batch: BatchTensors): Tensor;
}
