import { attributesOf, sizeOf } from '@selfcure/tensor';
import type { FullAttributes } from '@selfcure/tensor';
import type { KernelSet } from './kernels.ts';

/** Constants: made on the host, once a program. */
export const leafKernels: KernelSet = ({ upload }) => ({
  full: (node) =>
    upload(new Float32Array(sizeOf(node.shape)).fill(attributesOf<FullAttributes>(node).value), node.shape, 'f32'),
  iota: (node) =>
    upload(
      Float32Array.from({ length: node.shape[0]! }, (_, i) => i),
      node.shape,
      'f32',
    ),
});
