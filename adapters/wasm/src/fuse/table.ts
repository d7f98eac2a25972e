import { fuseBatchNorm, fuseElementWise } from '@selfcure/tensor';
import type { Fuser } from '@selfcure/tensor';
import type { Step } from '../plan/step.ts';
import { gradientSteps, gradientSumSteps, normalizeSteps } from '../steps/batch-norm.ts';
import { elementWiseStep, isElementWise } from '../steps/element-wise.ts';

/** What runs as one step, in the order in which it is looked for. */
export const fusers: readonly Fuser<Step>[] = [
  fuseBatchNorm({ normalize: normalizeSteps, gradientSums: gradientSumSteps, gradient: gradientSteps }),
  fuseElementWise({ accepts: isElementWise, step: (nodes) => elementWiseStep(nodes, [nodes.at(-1)!]) }),
];
