import type { Json, Ops, Tensor } from '@selfcure/tensor';
import type { BatchTensors, Column, NamedTensors, NetOutputs } from '../method.ts';

/** The unreduced loss of one network. */
export interface Loss {
  readonly name: string;
  /** Options as plain data, for the manifest. */
  readonly options?: { readonly [key: string]: Json };
  /** Name of the head that it needs, such as `importance`. */
  readonly needsHead?: string;
  /** Columns that it keeps from epoch to epoch. */
  readonly remember?: readonly Column[];
  /** The logits that confidence is read from; the classifier's where absent. */
  logits?(ops: Ops, net: NetOutputs): Tensor;
  /**
   * @returns the loss of every sample, [N], and the values of its columns.
   */
  perSample(ops: Ops, net: NetOutputs, batch: BatchTensors): { loss: Tensor; remember?: NamedTensors };
}
