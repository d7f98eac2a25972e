import { collectiveCases } from './collective.ts';
import { contractCases } from './contract.ts';
import type { OperationCase } from './case.ts';
import { elementWiseCases } from './element-wise.ts';
import { leafCases } from './leaf.ts';
import { lossCases } from './loss.ts';
import { normalizeCases } from './normalize.ts';
import { poolCases } from './pool.ts';
import { reduceCases } from './reduce.ts';
import { shapeCases } from './shape.ts';

/** Every operation that computes a value; one file of cases for each file of the operation table. */
export const operationCases: readonly OperationCase[] = [
  ...leafCases,
  ...elementWiseCases,
  ...reduceCases,
  ...shapeCases,
  ...contractCases,
  ...poolCases,
  ...normalizeCases,
  ...lossCases,
  ...collectiveCases,
];
