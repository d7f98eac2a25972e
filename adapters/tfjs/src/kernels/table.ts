import type { TfjsEngine } from '../engine.ts';
import { contractKernels } from './contract.ts';
import { elementWiseKernels } from './element-wise.ts';
import type { TfjsKernels } from './kernels.ts';
import { leafKernels } from './leaf.ts';
import { normalizeKernels } from './normalize.ts';
import { poolKernels } from './pool.ts';
import { reduceKernels } from './reduce.ts';
import { shapeKernels } from './shape.ts';

/** Every kernel that tfjs's stock kernels make up, by operation. */
export function stockKernels(engine: TfjsEngine): TfjsKernels {
  const sets = [
    leafKernels,
    elementWiseKernels,
    reduceKernels,
    shapeKernels,
    contractKernels,
    poolKernels,
    normalizeKernels,
  ];
  return Object.assign({}, ...sets.map((set) => set(engine))) as TfjsKernels;
}
