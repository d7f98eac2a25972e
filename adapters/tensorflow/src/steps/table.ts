import { batchNormBuilders } from './batch-norm.ts';
import type { Builder } from './builder.ts';
import { contractBuilders } from './contract.ts';
import { elementWiseBuilders } from './element-wise.ts';
import { lossBuilders } from './loss.ts';
import { optimizeBuilders } from './optimize.ts';
import { poolBuilders } from './pool.ts';
import { reduceBuilders } from './reduce.ts';
import { shapeBuilders } from './shape.ts';

/** How every operation that the engine runs becomes operations of TensorFlow. */
export const stepBuilders: Readonly<Record<string, Builder>> = {
  ...elementWiseBuilders,
  ...reduceBuilders,
  ...shapeBuilders,
  ...contractBuilders,
  ...poolBuilders,
  ...batchNormBuilders,
  ...lossBuilders,
  ...optimizeBuilders,
};
