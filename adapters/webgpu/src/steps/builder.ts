import type { Node } from '@selfcure/tensor';
import type { Step } from '../plan/step.ts';
import type { Tile } from './product.ts';

/** What the kernels are made for. */
export interface KernelOptions {
  /** Invocations that keep the device busy: sums are split over so many. A few for a processor, many thousands for a GPU. */
  readonly parallel: number;
  /** Storage buffers that a kernel may bind. */
  readonly maxBuffers: number;
  /** Where large products keep their tiles. Default: registers. */
  readonly tiles?: 'registers' | 'workgroup';
  /** Most invocations of a workgroup. Default 64. */
  readonly maxInvocations?: number;
  /** Tiles in workgroup memory that may be chosen. Default: those that graphics processors are known to like. */
  readonly shapes?: readonly Tile[];
  /** Terms that a part of a sum has at least where a product's sums are split. Default 256. */
  readonly fewestTerms?: number;
  /** The name of the variant that was chosen for a product; one that the product does not have counts as none. */
  readonly chosen?: (node: Node) => string | undefined;
}

/** Steps that compute one node. */
export type StepBuilder = (node: Node, options: KernelOptions) => readonly Step[];

/** Builders by operation. */
export type StepBuilders = Readonly<Record<string, StepBuilder>>;

/** Values of at most so many elements are computed element by element, so that their kernels can be merged. */
export const smallElements = 2048;
