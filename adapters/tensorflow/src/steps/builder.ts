import type { Node } from '@selfcure/tensor';
import type { Emitter } from '../plan/emitter.ts';

/** What the operations of a program depend on beside the graph. */
export interface KernelOptions {
  /** Type of the factors of convolutions and matrix products. */
  readonly product: number;
  /** Whether a GPU computes. */
  readonly gpu: boolean;
  /** How values are averaged over the workers; absent where there is one. */
  readonly allReduce?: AllReduce;
}

/** Collectives of the programs of an engine. */
export interface AllReduce {
  /** How many they are. */
  readonly workers: number;
  /** Which of TensorFlow's implementations: its ring, or NVIDIA's library. */
  readonly hint: 'ring' | 'nccl';
  /** A number for a collective that is the same on all workers, and of no other collective. */
  nextKey(): number;
}

/** A part of a graph that becomes operations of TensorFlow. */
export interface Step {
  /** What errors name. */
  readonly node: Node;
  emit(emitter: Emitter, options: KernelOptions): void;
}

/** Writes the operations of a node and defines its value. */
export type Builder = (node: Node, emitter: Emitter, options: KernelOptions) => void;
