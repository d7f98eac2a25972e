import { attributesOf } from '@selfcure/tensor';
import type { Node, PoolAttributes } from '@selfcure/tensor';
import { explicitPadding } from './contract.ts';
import type { KernelSet } from './kernels.ts';

const geometry = (node: Node): Readonly<Record<string, unknown>> => {
  const { size, stride, padding } = attributesOf<PoolAttributes>(node);
  return { filterSize: [...size], strides: [...stride], pad: explicitPadding(padding), dimRoundingMode: undefined };
};

/** Windows over images. */
export const poolKernels: KernelSet = ({ call }) => ({
  maxPool: (node, [x]) => call('MaxPool', { x: x! }, geometry(node)),
  maxPoolGrad: (node, [input, output, dy]) =>
    call('MaxPoolGrad', { dy: dy!, input: input!, output: output! }, geometry(node)),
});
