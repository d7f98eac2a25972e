import type { Node } from '@selfcure/tensor';
import { batchNormSteps } from './batch-norm.ts';
import type { StepBuilders } from './builder.ts';
import { convolutionProduct, convolutionSteps } from './convolution.ts';
import { elementWiseSteps } from './element-wise.ts';
import { matmulProduct, matmulSteps } from './matmul.ts';
import { optimizeSteps } from './optimize.ts';
import { poolSteps } from './pool.ts';
import type { Product } from './product.ts';
import { rankSteps } from './rank.ts';
import { reduceSteps } from './reduce.ts';
import { shapeSteps } from './shape.ts';
import { softmaxSteps } from './softmax.ts';

/** A node as a product of matrices, which tiles compute in several ways; null where it is none. */
export function productOf(node: Node): Product | null {
  if (node.op === 'matmul') return matmulProduct(node);
  return Object.hasOwn(convolutionSteps, node.op) ? convolutionProduct(node) : null;
}

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
