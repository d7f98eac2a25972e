import { batchNormSteps } from './batch-norm.ts';
import type { StepBuilders } from './builder.ts';
import { convolutionSteps } from './convolution.ts';
import { elementWiseSteps } from './element-wise.ts';
import { matmulSteps } from './matmul.ts';
import { optimizeSteps } from './optimize.ts';
import { poolSteps } from './pool.ts';
import { rankSteps } from './rank.ts';
import { reduceSteps } from './reduce.ts';
import { shapeSteps } from './shape.ts';
import { softmaxSteps } from './softmax.ts';

/** Every operation that has kernels. Leaves and views need none. */
export const stepBuilders: StepBuilders = {
  ...batchNormSteps,
  ...convolutionSteps,
  ...elementWiseSteps,
  ...matmulSteps,
  ...optimizeSteps,
  ...poolSteps,
  ...rankSteps,
  ...reduceSteps,
  ...shapeSteps,
  ...softmaxSteps,
};
