import type { Node } from '@selfcure/tensor';
import type { Emitter } from '../plan/emitter.ts';

/** What the operations of a program depend on beside the graph. */
export interface KernelOptions {
  /** Type of the factors of convolutions and matrix products. */
  readonly product: number;
  /** Whether a GPU computes. */
  readonly gpu: boolean;
}

/** A part of a graph that becomes operations of TensorFlow. */
export interface Step {
  /** What errors name. */
  readonly node: Node;
  emit(emitter: Emitter): void;
}

/** Writes the operations of a node and defines its value. */
export type Builder = (node: Node, emitter: Emitter, options: KernelOptions) => void;
