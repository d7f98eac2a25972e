import type { Node } from '@selfcure/tensor';
import type { Step } from '../plan/step.ts';

/** What the kernels are made for. */
export interface KernelOptions {
  /** Invocations that keep the device busy: sums are split over so many. A few for a processor, many thousands for a GPU. */
  readonly parallel: number;
  /** Storage buffers that a kernel may bind. */
  readonly maxBuffers: number;
}

/** Steps that compute one node. */
export type StepBuilder = (node: Node, options: KernelOptions) => readonly Step[];

/** Builders by operation. */
export type StepBuilders = Readonly<Record<string, StepBuilder>>;

/** Values of at most so many elements are computed element by element, so that their kernels can be merged. */
export const smallElements = 2048;
