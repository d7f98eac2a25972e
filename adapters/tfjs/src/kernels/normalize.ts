import type { KernelSet } from './kernels.ts';

/** Normalization over the last axis; batch normalization is lowered: tfjs's kernel wants the epsilon that the statistics hold already. */
export const normalizeKernels: KernelSet = ({ call }) => ({
  softmax: (node, [logits]) => call('Softmax', { logits: logits! }, { dim: node.shape.length - 1 }),
});
