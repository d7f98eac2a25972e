import { attributesOf } from '@selfcure/tensor';
import type { ReduceAttributes } from '@selfcure/tensor';
import type { KernelSet } from './kernels.ts';

/** Reductions over one block of adjacent axes. */
export const reduceKernels: KernelSet = ({ call }) => ({
  sum: (node, [x]) => {
    const { axes, keepDims } = attributesOf<ReduceAttributes>(node);
    return call('Sum', { x: x! }, { axis: [...axes], keepDims });
  },
  max: (node, [x]) => {
    const { axes, keepDims } = attributesOf<ReduceAttributes>(node);
    return call('Max', { x: x! }, { reductionIndices: [...axes], keepDims });
  },
});
