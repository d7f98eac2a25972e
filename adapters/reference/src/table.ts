import type { KernelTable } from '@selfcure/tensor';
import { contractKernels } from './kernels/contract.ts';
import { elementWiseKernels } from './kernels/element-wise.ts';
import { leafKernels } from './kernels/leaf.ts';
import { poolKernels } from './kernels/pool.ts';
import { reduceKernels } from './kernels/reduce.ts';
import { shapeKernels } from './kernels/shape.ts';

/** Every primitive operation in float64. */
export const referenceTable: KernelTable<Float64Array> = {
  kernels: {
    ...leafKernels,
    ...elementWiseKernels,
    ...reduceKernels,
    ...shapeKernels,
    ...contractKernels,
    ...poolKernels,
  },
  upload: (values) => Float64Array.from(values),
  download: (value) => Float64Array.from(value),
  share: (value) => value,
  dispose: () => {},
};
