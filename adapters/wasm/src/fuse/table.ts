import type { Fuser } from '../plan/fusion.ts';
import { batchNorm } from './batch-norm.ts';
import { elementWise } from './element-wise.ts';

/** What runs as one step, in the order in which it is looked for. */
export const fusers: readonly Fuser[] = [batchNorm, elementWise];
