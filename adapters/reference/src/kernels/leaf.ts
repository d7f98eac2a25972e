import { sizeOf } from '@selfcure/tensor';
import type { Kernel } from '@selfcure/tensor';

/** Constants. */
export const leafKernels: Readonly<Record<string, Kernel<Float64Array>>> = {
  full: (node) => new Float64Array(sizeOf(node.shape)).fill(node.attributes['value'] as number),
  iota: (node) => Float64Array.from({ length: sizeOf(node.shape) }, (_, i) => i),
};
