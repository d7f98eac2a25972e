import type { Node } from '@selfcure/tensor';
import type { Step } from '../plan/step.ts';

/** Choices that decide which kernels run. */
export interface KernelOptions {
  /** No Winograd transforms: every product is a plain sum of products. */
  readonly exact: boolean;
}

/** Steps that compute one node. */
export type StepBuilder = (node: Node, options: KernelOptions) => readonly Step[];

/** Builders by operation. */
export type StepBuilders = Readonly<Record<string, StepBuilder>>;
